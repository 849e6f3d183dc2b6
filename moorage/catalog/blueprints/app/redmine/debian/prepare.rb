# First start: tables, trackers and roles, the first user. Later ones: what a newer Redmine changes.

ActiveRecord::Migration.verbose = false
ActiveRecord::Base.connection_pool.migration_context.migrate
# What was looked at before the tables had all their columns.
ActiveRecord::Base.connection.schema_cache.clear!
ActiveRecord::Base.descendants.each(&:reset_column_information)

if Redmine::DefaultData::Loader.no_data?
  language = ENV.fetch("REDMINE_LANG", "en")
  Redmine::DefaultData::Loader.load(language)
  Setting.default_language = language
  Setting.text_formatting = "common_mark"
end

# The password that everybody knows never stays.
admin = User.find_by(login: "admin")
if admin&.check_password?("admin") && ENV["REDMINE_ADMIN_PASSWORD"]
  admin.password = ENV["REDMINE_ADMIN_PASSWORD"]
  admin.must_change_passwd = false
  admin.language = Setting.default_language
  admin.save!
end
