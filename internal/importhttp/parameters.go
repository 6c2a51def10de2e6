package importhttp

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/validator/core"
)

// parameters are those of the URL.
type parameters struct {
	link                    string
	batch                   int
	replace, resume, dryRun bool
}

// mostSuggestions is how many links a message suggests.
const mostSuggestions = 3

// parameterNames are the names of all parameters.
func parameterNames() []string { return []string{"link", "batch", "replace", "resume", "dryRun"} }

// parameters reads the query of a URL. Unknown names are refused: a misspelled dryRun would import.
func (h *Handler) parameters(query url.Values) (p parameters, no *refusal) {
	for name, values := range query {
		var err error
		switch {
		case !slices.Contains(parameterNames(), name):
			err = fmt.Errorf(
				"there is no parameter %q; the parameters are %s",
				name,
				strings.Join(parameterNames(), ", "),
			)
		case len(values) > 1:
			err = fmt.Errorf("%s is given %d times", name, len(values))
		default:
			err = p.set(name, values[0])
		}
		if err != nil {
			return p, refuse(http.StatusBadRequest, codeBadInput, "%s", err)
		}
	}
	if p.link == "" {
		return p, nil
	}
	if _, ok := h.cfg.Links.Catalog().Link(p.link); !ok {
		var names []string
		for _, d := range h.cfg.Links.Catalog().Links() {
			names = append(names, d.Name)
		}
		hint := "the links are " + strings.Join(names, ", ")
		if near := core.SuggestionList(p.link, names); len(near) > 0 {
			hint = "did you mean " + core.OrList(near[:min(len(near), mostSuggestions)]...) + "?"
		}
		return p, refuse(http.StatusBadRequest, codeBadInput, "link: there is no link %q; %s", p.link, hint)
	}
	return p, nil
}

func (p *parameters) set(name, value string) (err error) {
	flag := map[string]*bool{"replace": &p.replace, "resume": &p.resume, "dryRun": &p.dryRun}[name]
	switch {
	case name == "link":
		p.link = strings.ToLower(value)
	case name == "batch":
		if p.batch, err = strconv.Atoi(value); err != nil || p.batch < 1 {
			return fmt.Errorf("batch: %q is not a number of rows, at least 1", value)
		}
	case value == "true" || value == "":
		*flag = true
	case value != "false":
		return fmt.Errorf("%s: %q is neither true nor false", name, value)
	}
	return nil
}
