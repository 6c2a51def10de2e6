// Package shopify imports product exports of Shopify into the store.
package shopify

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// product is the content of the rows with one handle.
type product struct {
	line                               int // of its first row
	handle, title, body, vendor, typ   string
	tags                               []string
	published, giftCard                bool
	options                            []string // names
	variants                           []variant
	images                             []string
	seoTitle, seoDescription, category string
}

// variant is the content of one row.
type variant struct {
	line               int
	values             []string // of the options
	sku, barcode       string
	grams              string
	quantity           string
	price, compareAt   string
	image              string
	backorder, shipped bool
}

func (v *variant) title() string { return strings.Join(v.values, " / ") }

// required are the columns that a product export must have.
var required = []string{"Handle", "Title", "Option1 Name", "Option1 Value", "Variant Price"}

var (
	decimal = regexp.MustCompile(`^-?\d{1,20}(\.\d{1,10})?$`)
	integer = regexp.MustCompile(`^-?\d{1,9}$`)
)

// parser reads one file and collects all faults in it.
type parser struct {
	name     string
	columns  map[string]int
	products []*product
	byHandle map[string]*product
	faults   []error
}

// maxFaults is how many faults of a file are reported.
const maxFaults = 20

// parse reads a file. The error names the file and the line of each fault.
func parse(name string) ([]*product, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &parser{name: name, byHandle: map[string]*product{}}
	if err := p.read(f); err != nil {
		return nil, err
	}
	for _, product := range p.products {
		p.check(product)
	}
	if len(p.faults) > maxFaults {
		p.faults = append(p.faults[:maxFaults], fmt.Errorf("%s: and %d more faults", name, len(p.faults)-maxFaults))
	}
	return p.products, errors.Join(p.faults...)
}

func (p *parser) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %w", p.name, line, fmt.Errorf(format, args...)))
}

func (p *parser) read(f io.Reader) error {
	buffered := bufio.NewReader(f)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3) // a byte order mark, which spreadsheets write
	}
	r := csv.NewReader(buffered)
	r.FieldsPerRecord = -1 // checked below, to report the line
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: no header: %w", p.name, err)
	}
	p.columns = make(map[string]int, len(header))
	for i, h := range header {
		p.columns[strings.TrimSpace(h)] = i
	}
	for _, c := range required {
		if _, ok := p.columns[c]; !ok {
			return fmt.Errorf("%s:1: no column %q: this is not a product export of Shopify", p.name, c)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := r.FieldPos(0)
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return fmt.Errorf("%s:%d: %w", p.name, syntax.Line, syntax.Err)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if len(row) > len(header) {
			p.fault(line, "%d values under %d columns", len(row), len(header))
			continue
		}
		p.row(line, row)
	}
}

// cells returns the value of a row in the named column.
type cells func(column string) string

func (p *parser) row(line int, row []string) {
	get := func(column string) string {
		if i, ok := p.columns[column]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	if strings.Join(row, "") == "" {
		return
	}
	handle := get("Handle")
	if handle == "" {
		p.fault(line, "no handle")
		return
	}
	for _, text := range row {
		if strings.ContainsRune(text, 0) {
			p.fault(line, "a value contains the character NUL")
			return
		}
	}
	pr := p.byHandle[handle]
	if pr == nil {
		pr = p.newProduct(line, handle, get)
	}
	if src := get("Image Src"); src != "" && !slices.Contains(pr.images, src) {
		pr.images = append(pr.images, src)
	}
	if get("Option1 Value") != "" || get("Variant Price") != "" {
		pr.variants = append(pr.variants, p.variant(line, pr, get))
	}
}

func (p *parser) newProduct(line int, handle string, get cells) *product {
	pr := &product{
		line:           line,
		handle:         handle,
		title:          get("Title"),
		body:           get("Body (HTML)"),
		vendor:         get("Vendor"),
		typ:            get("Type"),
		seoTitle:       get("SEO Title"),
		seoDescription: get("SEO Description"),
		category:       get("Product Category"),
	}
	for tag := range strings.SplitSeq(get("Tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(pr.tags, tag) {
			pr.tags = append(pr.tags, tag)
		}
	}
	for _, n := range []string{"1", "2", "3"} {
		if name := get("Option" + n + " Name"); name != "" {
			pr.options = append(pr.options, name)
		}
	}
	pr.published = p.flag(line, "Published", get("Published"), true)
	pr.giftCard = p.flag(line, "Gift Card", get("Gift Card"), false)
	p.byHandle[handle] = pr
	p.products = append(p.products, pr)
	return pr
}

func (p *parser) flag(line int, column, text string, missing bool) bool {
	if text == "" {
		return missing
	}
	v, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		p.fault(line, "%s: %q is neither true nor false", column, text)
	}
	return v
}

func (p *parser) variant(line int, pr *product, get cells) variant {
	v := variant{
		line:      line,
		sku:       strings.TrimPrefix(get("Variant SKU"), "'"),
		barcode:   strings.TrimPrefix(get("Variant Barcode"), "'"),
		grams:     get("Variant Grams"),
		quantity:  get("Variant Inventory Qty"),
		price:     get("Variant Price"),
		compareAt: get("Variant Compare At Price"),
		image:     get("Variant Image"),
	}
	for i := range pr.options {
		v.values = append(v.values, get(fmt.Sprintf("Option%d Value", i+1)))
	}
	v.shipped = p.flag(line, "Variant Requires Shipping", get("Variant Requires Shipping"), true)
	switch policy := get("Variant Inventory Policy"); policy {
	case "", "deny":
	case "continue":
		v.backorder = true
	default:
		p.fault(line, "Variant Inventory Policy: %q is neither deny nor continue", policy)
	}
	if v.quantity == "" {
		v.quantity = "0"
	}
	for _, n := range []struct {
		column, text string
		syntax       *regexp.Regexp
		must         bool
	}{
		{"Variant Price", v.price, decimal, true},
		{"Variant Compare At Price", v.compareAt, decimal, false},
		{"Variant Grams", v.grams, decimal, false},
		{"Variant Inventory Qty", v.quantity, integer, true},
	} {
		switch {
		case n.text == "" && n.must:
			p.fault(line, "%s: is missing", n.column)
		case n.text != "" && !n.syntax.MatchString(n.text):
			p.fault(line, "%s: %q is not a number", n.column, n.text)
		case n.column == "Variant Price" && strings.HasPrefix(n.text, "-"):
			p.fault(line, "%s: %q is less than 0", n.column, n.text)
		}
	}
	return v
}

// check reports faults that only show once all rows of a product are read.
func (p *parser) check(pr *product) {
	if pr.title == "" {
		p.fault(pr.line, "product %q has no title in its first row", pr.handle)
	}
	if len(pr.variants) == 0 {
		p.fault(pr.line, "product %q has no variant", pr.handle)
	}
	if len(pr.options) == 0 {
		p.fault(pr.line, "product %q has no option", pr.handle)
	}
	seen := map[string]int{}
	for i := range pr.variants {
		v := &pr.variants[i]
		for j, value := range v.values {
			if value == "" {
				p.fault(v.line, "option %q has no value", pr.options[j])
			}
		}
		if other, ok := seen[v.title()]; ok {
			p.fault(v.line, "variant %q was in line %d already", v.title(), other)
		}
		seen[v.title()] = v.line
	}
}
