"""PostgreSQL and Redis that come with the installation: real servers, owned by whoever started them."""
