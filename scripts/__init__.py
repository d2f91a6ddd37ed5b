"""Project plumbing that the Makefile and the package build run; nothing of it is installed with Holdfast."""
