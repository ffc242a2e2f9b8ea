"""What Trellis is measured against: a server for one application, with its SQL written for each case."""
