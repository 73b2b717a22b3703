"""HTML pages of the service and the templates they are made from."""
