package cli

import (
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// limitFlags bound what one request may ask for. There are two of each: one for admins, and one for storefronts, which
// begins with --storefront-. Their defaults are the values that they have before the arguments are parsed.
type limitFlags struct {
	MaxPage       int `help:"Most records of one page of ${whose}." env:"MAX_PAGE"`
	MaxDepth      int `help:"Most levels of a selection of ${whose}." env:"MAX_DEPTH"`
	MaxIn         int `help:"Most values of one in list of ${whose}." env:"MAX_IN"`
	MaxConditions int `help:"Most conditions of all filters of an operation of ${whose}." env:"MAX_CONDITIONS"`
	MaxValues     int `help:"Most values that filters compare with." env:"MAX_VALUES"`
	MaxValueBytes int `help:"Most bytes of values in filters, and of cursors." env:"MAX_VALUE_BYTES"`
	MaxSortKeys   int `help:"Most sort keys of one list of ${whose}." env:"MAX_SORT_KEYS"`
	MaxRelations  int `help:"Most relations that a filter or sort key of ${whose} may cross, one below the other." env:"MAX_RELATIONS"`
	MaxSearch     int `help:"Highest cost of the filters, sort keys and counts of an operation of ${whose}: see docs/http.md." env:"MAX_SEARCH"`
	MaxCost       int `help:"Most fields of all records that an operation of ${whose} may ask for, as many as its pages are expected to hold." env:"MAX_COST"`
	MaxAnswer     int `help:"Most bytes of an answer to ${whose}." env:"MAX_ANSWER"`

	RequestTimeout time.Duration `help:"Request timeout of ${whose}. 0 means no limit." env:"REQUEST_TIMEOUT"`
	MaxBody        int64         `help:"Most bytes of the body of a request of ${whose}." env:"MAX_BODY"`
	MaxDocument    int           `help:"Most bytes of a document of ${whose}." env:"MAX_DOCUMENT"`
	MaxTokens      int           `help:"Most tokens of a document of ${whose}." env:"MAX_TOKENS"`
	MaxAliases     int           `help:"Most aliases of a document of ${whose}." env:"MAX_ALIASES"`
	MaxRootFields  int           `help:"Most root fields of an operation of ${whose}." env:"MAX_ROOT_FIELDS"`
	MaxDirectives  int           `help:"Most directives in a document of ${whose}." env:"MAX_DIRECTIVES"`
	MaxFragments   int           `help:"Most fragments that a document of ${whose} may define." env:"MAX_FRAGMENTS"`
	MaxSpreads     int           `help:"Most fragment spreads in a document of ${whose}." env:"MAX_SPREADS"`
	MaxFields      int           `help:"Most fields of an operation of ${whose} with all fragments written out." env:"MAX_FIELDS"`
	MaxRepeats     int           `help:"Most fields of one name in a document of ${whose}." env:"MAX_REPEATS"`
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
