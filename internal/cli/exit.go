package cli

import (
	"errors"

	"github.com/alecthomas/kong"
)

// Exit codes of the program, besides 0.
const (
	ExitFailed = 1
	ExitUsage  = 2 // unknown commands and flags, and values that they do not take
	ExitPartly = 3 // done, but for a part: see the output
)

// partlyError says that a command has done a part of its work.
type partlyError struct{ error }

func (e partlyError) Unwrap() error { return e.error }

// ExitCode returns the exit code for an error of Run.
func ExitCode(err error) int {
	var usage *kong.ParseError
	var partly partlyError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return ExitUsage
	case errors.As(err, &partly):
		return ExitPartly
	}
	return ExitFailed
}
