package shop

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// errNotFound says that the API returned no such product or category for this key.
var errNotFound = errors.New("not found")

// messagePage explains why a page is not shown.
type messagePage struct{ Title, Text string }

// fault returns the status and page for an error, and logs errors that the shop is to blame for.
func (s *Shop) fault(w http.ResponseWriter, r *http.Request, err error) (int, content) {
	status, page := classify(err)
	if status >= http.StatusInternalServerError {
		s.cfg.Log.ErrorContext(
			r.Context(),
			page.Title,
			"path",
			r.URL.Path,
			"status",
			status,
			"error",
			err,
			"hint",
			page.Text,
		)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	return status, content{"message", page.Title, page}
}

// classify distinguishes errors of the visitor, temporary errors, and errors of the set-up.
func classify(err error) (status int, page messagePage) {
	away := messagePage{"We are busy", "The shop cannot be reached at the moment. Please try again in a minute."}
	var answer *graphql.HTTPError
	var refused gqlerror.List
	var network *url.Error
	var notJSON *json.SyntaxError
	switch {
	case errors.Is(err, errNotFound):
		return http.StatusNotFound, messagePage{
			"Not found",
			"There is nothing at this address, or it is not for sale any more.",
		}
	case errors.As(err, &answer):
		switch answer.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return http.StatusInternalServerError, messagePage{
				"This shop is not set up",
				"The API refuses the key in LINKGRAPH_PUBLISHABLE_KEY.",
			}
		case http.StatusTooManyRequests,
			http.StatusBadGateway,
			http.StatusServiceUnavailable,
			http.StatusGatewayTimeout:
			return http.StatusServiceUnavailable, away
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return http.StatusInternalServerError, messagePage{
				"This shop is not set up",
				"There is no API at LINKGRAPH_URL.",
			}
		}
	case errors.As(err, &refused):
		switch code(refused) {
		case "UNAVAILABLE":
			return http.StatusServiceUnavailable, away
		case "BAD_USER_INPUT": // the cursor is the only input that a visitor can get wrong
			return http.StatusBadRequest, messagePage{
				"No such page",
				"This page of the list is not there any more. Please start from the first one.",
			}
		}
	case errors.As(err, &network):
		return http.StatusServiceUnavailable, away
	case errors.As(err, &notJSON):
		return http.StatusInternalServerError, messagePage{
			"This shop is not set up",
			"There is no API at LINKGRAPH_URL.",
		}
	}
	return http.StatusInternalServerError, messagePage{"Something went wrong", "This page cannot be shown."}
}

// code returns the code of the first error.
func code(list gqlerror.List) string {
	if len(list) == 0 {
		return ""
	}
	found, _ := list[0].Extensions["code"].(string)
	return found
}
