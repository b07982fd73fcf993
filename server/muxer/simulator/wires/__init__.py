"""One module per wire protocol; `muxer.simulator.vendors` says which provider speaks which."""
