package shop

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// The data of the templates. All values are text, and all addresses keep the visitor's currency and language.
type (
	listPage struct {
		Title, Description words
		Trail              []link // from the home page to the parent of this category
		Categories         []link
		Cards              []card
		Total              int
		First, Next        string // addresses; "" on the first page, or the last
	}
	productPage struct {
		Title, Subtitle, Description, Material words
		Trail                                  []link
		Images                                 []string
		Options                                []option
		Variants                               []variant
		Related                                []card
		Languages                              []link
	}
	option struct {
		Title  words
		Values []words
	}
	variant struct {
		Title        []words // values of the options
		SKU          string
		Price        *price // nil if it has none in this currency
		Availability Availability
		Left         int64
	}
	card struct {
		Title      words
		URL, Image string
		From       *price // nil if there is none in this currency
	}
	price struct {
		Amount, Regular string
		From            bool // other variants cost more
	}
	link struct {
		Title words
		URL   string
		Here  bool
	}
	// words are a text and its language, "" for the language in which records are written.
	words struct{ Text, Lang string }
)

// text returns a text of a record in the visitor's language, or else the original.
func text(in *api.Translations, field, original string) words {
	if found := texts(in)[field]; found != "" {
		return words{found, in.Nodes[0].LocaleCode}
	}
	return words{Text: original}
}

// texts returns the translations that are strings.
func texts(in *api.Translations) map[string]string {
	if in == nil || len(in.Nodes) == 0 { // no language was chosen, or there is no translation
		return nil
	}
	var values map[string]any
	if err := json.Unmarshal(in.Nodes[0].Translations, &values); err != nil {
		return nil
	}
	found := make(map[string]string, len(values))
	for field, value := range values {
		if s, ok := value.(string); ok {
			found[field] = s
		}
	}
	return found
}

// Initial returns the first letter, which stands in for a missing picture.
func (w words) Initial() string {
	for _, r := range w.Text {
		return string(r)
	}
	return ""
}

// visit is what a visitor chose. The parameters of addresses carry it.
type visit struct {
	currency string
	locale   string // "" for the language in which records are written
	shop     *Shop
}

func (v visit) category(c *api.CategoryLink) link {
	return link{Title: text(c.Translations, "name", c.Name), URL: v.address("/categories/", c.Handle, nil)}
}

// trail returns links from the home page to a category.
func (v visit) trail(c *api.CategoryAncestry) []link {
	var above []*api.CategoryLink // nearest first
	if c != nil {
		above = append(above, &c.CategoryLink)
		if up := c.ParentCategory; up != nil {
			above = append(above, &up.CategoryLink)
			if top := up.ParentCategory; top != nil {
				above = append(above, &top.CategoryLink)
			}
		}
	}
	trail := []link{{Title: words{Text: "All products"}, URL: v.address("/", "", nil)}}
	for _, c := range slices.Backward(above) {
		trail = append(trail, v.category(c))
	}
	return trail
}

func (v visit) cards(products []*api.Card, c *api.Currency) ([]card, error) {
	cards := make([]card, len(products))
	for i, p := range products {
		from, err := fromPrice(p, c)
		if err != nil {
			return nil, err
		}
		cards[i] = card{
			Title: text(p.Translations, "title", p.Title), URL: v.address("/products/", p.Handle, nil),
			Image: p.Thumbnail, From: from,
		}
		if p.Thumbnail == "" && len(p.Images.Nodes) > 0 {
			cards[i].Image = p.Images.Nodes[0].Url
		}
	}
	return cards, nil
}

// fromPrice returns the price of the cheapest variant, nil if no variant has a price in this currency.
func fromPrice(p *api.Card, c *api.Currency) (*price, error) {
	var prices []Price
	for _, variant := range p.Variants.Nodes {
		chosen, ok, err := priceOf(variant.PriceSet)
		if err != nil {
			return nil, fmt.Errorf("price of %s: %w", p.Handle, err)
		}
		if ok {
			prices = append(prices, chosen)
		}
	}
	var shown *price
	if len(prices) > 0 {
		byAmount := func(a, b Price) int { return a.Amount.Cmp(b.Amount) }
		least, most := slices.MinFunc(prices, byAmount), slices.MaxFunc(prices, byAmount)
		shown = showPrice(least, c)
		shown.From = byAmount(least, most) < 0
	}
	return shown, nil
}

// priceOf returns the price of one piece. A variant without a linked price set has no price.
func priceOf(set *api.PriceSet) (Price, bool, error) {
	if set == nil {
		return Price{}, false, nil
	}
	return PriceOf(set.Prices.Nodes, 1)
}

func showPrice(p Price, c *api.Currency) *price {
	shown := &price{Amount: money(p.Amount, c)}
	if p.Regular != nil {
		shown.Regular = money(p.Regular, c)
	}
	return shown
}

// list returns what the home page and category pages both show.
func (v visit) list(
	page *listPage,
	path, handle string,
	products *api.Products,
	c *api.Currency,
	after string,
) (err error) {
	page.Total = products.TotalCount
	if page.Cards, err = v.cards(products.Nodes, c); err != nil {
		return err
	}
	if after != "" {
		page.First = v.address(path, handle, nil)
	}
	if products.PageInfo.HasNextPage {
		page.Next = v.address(path, handle, map[string]string{"after": products.PageInfo.EndCursor})
	}
	return nil
}

func (v visit) product(p *api.Product, c *api.Currency) (*productPage, error) {
	page := &productPage{
		Title:    text(p.Translations, "title", p.Title),
		Subtitle: text(p.Translations, "subtitle", p.Subtitle),
		Description: text(
			p.Translations,
			"description",
			p.Description,
		),
		Material:  text(p.Translations, "material", p.Material),
		Languages: v.languages(p),
	}
	var in *api.CategoryAncestry
	if len(p.Categories.Nodes) > 0 {
		in = p.Categories.Nodes[0]
	}
	page.Trail = v.trail(in)
	for _, image := range p.Images.Nodes {
		page.Images = append(page.Images, image.Url)
	}
	if len(page.Images) == 0 && p.Thumbnail != "" {
		page.Images = []string{p.Thumbnail}
	}
	var err error
	page.Options, page.Variants, err = v.variants(p, c)
	if err != nil {
		return nil, err
	}
	page.Related, err = v.cards(p.RelatedProducts.Nodes, c)
	return page, err
}

// languages returns links to the same page in the other available languages.
func (v visit) languages(p *api.Product) []link {
	if len(p.Languages.Nodes) == 0 {
		return nil
	}
	original := v
	original.locale = ""
	links := []link{{Title: words{Text: "Original"}, URL: original.address("/products/", p.Handle, nil), Here: true}}
	for _, language := range p.Languages.Nodes {
		other := v
		other.locale = language.LocaleCode
		here := strings.EqualFold(other.locale, v.locale)
		links[0].Here = links[0].Here && !here
		links = append(links, link{
			Title: words{
				language.LocaleCode,
				language.LocaleCode,
			},
			URL:  other.address("/products/", p.Handle, nil),
			Here: here,
		})
	}
	return links
}

// variants lists the variants by the values of their options. Products may share an option, so values that no variant
// has are left out.
func (v visit) variants(p *api.Product, c *api.Currency) ([]option, []variant, error) {
	having := map[string][]int{} // indexes of variants, by the id of a value
	for i, variant := range p.Variants.Nodes {
		for _, value := range variant.Options.Nodes {
			having[value.Id] = append(having[value.Id], i)
		}
	}
	titles := make([][]words, len(p.Variants.Nodes))
	var options []option
	for _, o := range p.Options.Nodes {
		shown := option{Title: text(o.Translations, "title", o.Title)}
		for _, value := range o.Values.Nodes {
			in := having[value.Id]
			if len(in) == 0 {
				continue
			}
			name := text(value.Translations, "value", value.Value)
			shown.Values = append(shown.Values, name)
			for _, i := range in {
				titles[i] = append(titles[i], name)
			}
		}
		if len(shown.Values) > 0 {
			options = append(options, shown)
		}
	}
	variants := make([]variant, len(p.Variants.Nodes))
	for i, found := range p.Variants.Nodes {
		var err error
		if variants[i], err = showVariant(found, titles[i], c); err != nil {
			return nil, nil, err
		}
	}
	return options, variants, nil
}

func showVariant(v *api.Variant, title []words, c *api.Currency) (variant, error) {
	shown := variant{Title: title, SKU: v.Sku}
	if len(title) == 0 { // a product without options
		shown.Title = []words{{Text: v.Title}}
	}
	chosen, ok, err := priceOf(v.PriceSet)
	if err != nil {
		return variant{}, fmt.Errorf("price of %s: %w", v.Title, err)
	}
	if ok {
		shown.Price = showPrice(chosen, c)
	}
	shown.Availability, shown.Left, err = AvailabilityOf(v)
	return shown, err
}
