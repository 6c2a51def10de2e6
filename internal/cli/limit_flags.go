package cli

import (
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// limitFlags bound what one request may ask for. There are two of each: one for admins, and one for storefronts, which
// begins with --storefront-. Their defaults are the values that they have before the arguments are parsed. The group of a
// flag says whose requests it bounds, so the help texts do not.
type limitFlags struct {
	MaxPage       int `help:"Most records of a page." env:"MAX_PAGE"`
	MaxDepth      int `help:"Most levels of a selection." env:"MAX_DEPTH"`
	MaxIn         int `help:"Most values of an in filter." env:"MAX_IN"`
	MaxConditions int `help:"Most conditions of all filters." env:"MAX_CONDITIONS"`
	MaxValues     int `help:"Most values that filters compare with." env:"MAX_VALUES"`
	MaxValueBytes int `help:"Most bytes of values in filters, and of cursors." env:"MAX_VALUE_BYTES"`
	MaxSortKeys   int `help:"Most sort keys of a list." env:"MAX_SORT_KEYS"`
	MaxRelations  int `help:"Most nested relations of a filter or sort key." env:"MAX_RELATIONS"`
	MaxSearch     int `help:"Highest cost of filters, sort keys and counts: see docs/http.md." env:"MAX_SEARCH"`
	MaxCost       int `help:"Most fields of all records that pages are expected to hold." env:"MAX_COST"`
	MaxAnswer     int `help:"Most bytes of an answer." env:"MAX_ANSWER"`

	RequestTimeout time.Duration `help:"Request timeout. 0 means no limit." env:"REQUEST_TIMEOUT"`
	MaxBody        int64         `help:"Most bytes of a request body." env:"MAX_BODY"`
	MaxDocument    int           `help:"Most bytes of a document." env:"MAX_DOCUMENT"`
	MaxTokens      int           `help:"Most tokens of a document." env:"MAX_TOKENS"`
	MaxAliases     int           `help:"Most aliases of a document." env:"MAX_ALIASES"`
	MaxRootFields  int           `help:"Most root fields of an operation." env:"MAX_ROOT_FIELDS"`
	MaxDirectives  int           `help:"Most directives of a document." env:"MAX_DIRECTIVES"`
	MaxFragments   int           `help:"Most fragments of a document." env:"MAX_FRAGMENTS"`
	MaxSpreads     int           `help:"Most fragment spreads of a document." env:"MAX_SPREADS"`
	MaxFields      int           `help:"Most fields, with all fragments written out." env:"MAX_FIELDS"`
	MaxRepeats     int           `help:"Most fields of one name in a document." env:"MAX_REPEATS"`
}

// newLimitFlags returns flags whose defaults are the given limits.
func newLimitFlags(l graph.Limits, d transport.DocumentLimits, timeout time.Duration, body int64) limitFlags {
	return limitFlags{
		MaxPage:       l.MaxPage,
		MaxDepth:      l.MaxDepth,
		MaxIn:         l.MaxIn,
		MaxConditions: l.MaxConditions,
		MaxValues:     l.MaxValues,
		MaxValueBytes: l.MaxValueBytes,
		MaxSortKeys:   l.MaxSortKeys,
		MaxRelations:  l.MaxRelations,
		MaxSearch:     l.MaxSearch,
		MaxCost:       l.MaxCost,
		MaxAnswer:     l.MaxAnswer,

		RequestTimeout: timeout,
		MaxBody:        body,
		MaxDocument:    d.Bytes,
		MaxTokens:      d.Tokens,
		MaxAliases:     d.Aliases,
		MaxRootFields:  d.RootFields,
		MaxDirectives:  d.Directives,
		MaxFragments:   d.Fragments,
		MaxSpreads:     d.Spreads,
		MaxFields:      d.Fields,
		MaxRepeats:     d.Repeats,
	}
}

// limits returns the limits of what is read and written.
func (f *limitFlags) limits() graph.Limits {
	return graph.Limits{
		MaxPage:       f.MaxPage,
		MaxDepth:      f.MaxDepth,
		MaxIn:         f.MaxIn,
		MaxConditions: f.MaxConditions,
		MaxValues:     f.MaxValues,
		MaxValueBytes: f.MaxValueBytes,
		MaxSortKeys:   f.MaxSortKeys,
		MaxRelations:  f.MaxRelations,
		MaxSearch:     f.MaxSearch,
		MaxCost:       f.MaxCost,
		MaxAnswer:     f.MaxAnswer,
	}
}

// documents returns the limits of what is parsed.
func (f *limitFlags) documents() transport.DocumentLimits {
	return transport.DocumentLimits{
		Bytes:      f.MaxDocument,
		Tokens:     f.MaxTokens,
		Aliases:    f.MaxAliases,
		RootFields: f.MaxRootFields,
		Directives: f.MaxDirectives,
		Fragments:  f.MaxFragments,
		Spreads:    f.MaxSpreads,
		Fields:     f.MaxFields,
		Repeats:    f.MaxRepeats,
	}
}
