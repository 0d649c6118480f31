"""The parts of a replay: each makes one kind of decision again, and says where it comes out otherwise."""
