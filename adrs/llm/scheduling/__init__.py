"""When requests are sent to a provider: as fast as it allows, and not while it is down."""
