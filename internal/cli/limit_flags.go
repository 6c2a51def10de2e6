package cli

import (
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// limitFlags bound what one request may ask for. There are two of each: that of admins, and that of storefronts, which begins with
// --storefront-. Whoever embeds them sets the defaults.
type limitFlags struct {
	MaxPage       int `help:"Most records of one page of ${whose}." default:"100" env:"MAX_PAGE"`
	MaxDepth      int `help:"Most levels of a selection of ${whose}." default:"${max_depth}" env:"MAX_DEPTH"`
	MaxIn         int `help:"Most values of one in list of ${whose}." default:"${max_in}" env:"MAX_IN"`
	MaxConditions int `help:"Most conditions of all filters of an operation of ${whose}." default:"${max_conditions}" env:"MAX_CONDITIONS"`
	MaxValues     int `help:"Most values that these compare with." default:"${max_values}" env:"MAX_VALUES"`
	MaxValueBytes int `help:"Most bytes of these values, and of cursors." default:"${max_value_bytes}" env:"MAX_VALUE_BYTES"`
	MaxSortKeys   int `help:"Most sort keys of one list of ${whose}." default:"8" env:"MAX_SORT_KEYS"`
	MaxRelations  int `help:"Most relations that a filter or sort key of ${whose} may cross, one below the other." default:"5" env:"MAX_RELATIONS"`
	MaxSearch     int `help:"Most that the filters, sort keys and counts of an operation of ${whose} may cost: see docs/http.md." default:"${max_search}" env:"MAX_SEARCH"`
	MaxCost       int `help:"Most fields of all records that an operation of ${whose} may ask for, if every page is full." default:"${max_cost}" env:"MAX_COST"`
	MaxAnswer     int `help:"Most bytes of an answer to ${whose}." default:"${max_answer}" env:"MAX_ANSWER"`

	RequestTimeout time.Duration `help:"Longest that a request of ${whose} may run before it is ended. 0 lets it run." default:"${timeout}" env:"REQUEST_TIMEOUT"`
	MaxBody        int64         `help:"Most bytes of the body of a request of ${whose}." default:"${max_body}" env:"MAX_BODY"`
	MaxDocument    int           `help:"Most bytes of a document of ${whose}." default:"${max_document}" env:"MAX_DOCUMENT"`
	MaxTokens      int           `help:"Most tokens of a document of ${whose}." default:"${max_tokens}" env:"MAX_TOKENS"`
	MaxAliases     int           `help:"Most aliases of a document of ${whose}." default:"${max_aliases}" env:"MAX_ALIASES"`
	MaxRootFields  int           `help:"Most root fields of an operation of ${whose}." default:"${max_root_fields}" env:"MAX_ROOT_FIELDS"`
	MaxDirectives  int           `help:"Most directives in a document of ${whose}." default:"${max_directives}" env:"MAX_DIRECTIVES"`
	MaxFragments   int           `help:"Most fragments that a document of ${whose} may define." default:"${max_fragments}" env:"MAX_FRAGMENTS"`
	MaxSpreads     int           `help:"Most fragment spreads in a document of ${whose}." default:"${max_spreads}" env:"MAX_SPREADS"`
	MaxFields      int           `help:"Most fields of an operation of ${whose} with all fragments written out." default:"${max_fields}" env:"MAX_FIELDS"`
	MaxRepeats     int           `help:"Most fields of one name in a document of ${whose}." default:"${max_repeats}" env:"MAX_REPEATS"`
}

// limits are those of what is read and written.
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

// documents are those of what is parsed.
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
