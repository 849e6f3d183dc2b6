"""What can be ordered: blueprints as data, what an order may say, what it becomes."""
