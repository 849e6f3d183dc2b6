# In the server's own process: Rails takes long to load, so it is loaded once.
require_relative "config/environment"
require_relative "prepare"
run Rails.application
