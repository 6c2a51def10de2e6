package graph

import "errors"

// CodeOf returns the code that an error of a store carries in extensions.code, or "" if it is not one that clients see.
func CodeOf(err error) string {
	for _, c := range codes {
		if errors.Is(err, c.is) {
			return c.code
		}
	}
	return ""
}
