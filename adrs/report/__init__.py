"""What an archive says about a campaign: values for the command line to print; nothing reads a live process."""
