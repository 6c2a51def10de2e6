package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/modules/currency"
)

// newValuesAPI has a price set, and a price of a currency that does not exist and less than nothing, as another program may have
// written it.
func newValuesAPI(t *testing.T) *api {
	t.Helper()
	return newAPI(t, pgtest.NewFrom(t, "values", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, `
			INSERT INTO price_set (id) VALUES ('s');
			INSERT INTO price (id, price_set_id, currency_code, amount, raw_amount, min_quantity, raw_min_quantity)
			VALUES ('old', 's', 'zzz', -5, '{"value": "-5", "precision": 20}', -1, '{"value": "-1", "precision": 20}');
			INSERT INTO currency (code, symbol, symbol_native, raw_rounding, name, deleted_at) VALUES
			('points', 'P', 'P', '{"value": "0", "precision": 20}', 'Points', NULL),
			('gone', 'G', 'G', '{"value": "0", "precision": 20}', 'Gone', now())`)
		return err
	}), graph.Config{})
}

// TestKnownCurrencies compares the list of the currency module with the rows that its migrations make.
func TestKnownCurrencies(t *testing.T) {
	t.Parallel()
	rows, err := newDB(t).Pool.Query(t.Context(), `SELECT code FROM currency ORDER BY code COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, currency.Codes().Known); diff != "" || len(want) < 150 {
		t.Errorf("(-table +list):\n%s", diff)
	}
	if !slices.IsSorted(currency.Codes().Known) {
		t.Error("the list is not sorted")
	}
}

// TestRefusedValues writes values that the modules do not allow. Nothing of the call is written, and the error names the item,
// the field and what is near.
func TestRefusedValues(t *testing.T) {
	t.Parallel()
	a := newValuesAPI(t)
	price := func(fields string) string {
		return fmt.Sprintf(`mutation { createPrices(input: [
			{ priceSetId: "s", currencyCode: "eur", amount: "1" }, { priceSetId: "s", %s }]) { prices { id } } }`, fields)
	}
	for _, c := range []struct{ mutation, message string }{
		{price(`currencyCode: "eur", amount: "-0.01"`), "amount: -0.01 is less than 0"},
		{price(`currencyCode: "eur", amount: -1e-999`), "amount: -1e-999 is less than 0"},
		{price(`currencyCode: "eur", amount: "1", minQuantity: -1`), "minQuantity: -1 is less than 0"},
		{price(`currencyCode: "eur", amount: "1", maxQuantity: -1`), "maxQuantity: -1 is less than 0"},
		{price(`currencyCode: "eru", amount: "1"`), `currencyCode: "eru" is no known currency code; did you mean eur, ern, mru?`},
		{price(`currencyCode: "EURO", amount: "1"`), `currencyCode: "EURO" is no known currency code; did you mean eur?`},
		{price(`currencyCode: "dollars", amount: "1"`), `currencyCode: "dollars" is no known currency code; use one of ISO 4217, such as eur, or create a Currency with it first`},
		{price(`currencyCode: "", amount: "1"`), `currencyCode: "" is no known currency code`},
		{price(`currencyCode: "gone", amount: "1"`), `currencyCode: "gone" is no known currency code`},
		{`mutation { createRegions(input: [{ name: "A", currencyCode: "eur" }, { name: "B", currencyCode: "xqx" }]) { regions { id } } }`, `currencyCode: "xqx" is no known currency code`},
		{`mutation { createCurrencies(input: [{ code: "a", symbol: "a", symbolNative: "a", name: "a", rounding: 1 }, { code: "b", symbol: "b", symbolNative: "b", name: "b", decimalDigits: -1 }]) { currencies { code } } }`, "decimalDigits: -1 is less than 0"},
	} {
		before := contents(t, a.db)
		var answer struct {
			Errors []struct {
				Message    string
				Extensions struct {
					Code  string
					Index *int
				}
			}
		}
		raw := a.do(c.mutation, nil)
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Errors) != 1 {
			t.Errorf("%s\n%s", c.mutation, raw)
			continue
		}
		e := answer.Errors[0]
		if !strings.HasPrefix(e.Message, c.message) || e.Extensions.Code != "BAD_USER_INPUT" ||
			e.Extensions.Index == nil ||
			*e.Extensions.Index != 1 {
			t.Errorf("%s\ngot  %s\nwant %s", c.mutation, raw, c.message)
		}
		if contents(t, a.db) != before {
			t.Errorf("%s has written something", c.mutation)
		}
	}
}

// TestRowsOfOtherPrograms reads and changes a row that breaks the rules. The fields that it is not asked to change stay.
func TestRowsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	a := newValuesAPI(t)
	var read struct {
		Prices struct {
			Nodes []struct{ ID, Amount, CurrencyCode, MinQuantity string }
		}
	}
	a.ask(
		&read,
		`{ prices(filter: { amount: { lt: "-1" }, currencyCode: { eq: "zzz" } }) { nodes { id amount currencyCode minQuantity } } }`,
		nil,
	)
	if n := read.Prices.Nodes; len(n) != 1 || n[0].Amount != "-5" || n[0].CurrencyCode != "zzz" ||
		n[0].MinQuantity != "-1" {
		t.Errorf("read: %+v", n)
	}
	a.ask(nil, `mutation { updatePrices(input: [{ id: "old", title: "kept" }]) { prices { id } } }`, nil)
	a.ask(nil, `mutation { deletePrices(ids: ["old"]) { deletionId } }`, nil)
	a.ask(nil, `mutation { restorePrices(ids: ["old"]) { records { ids } } }`, nil)
	for _, set := range []string{`amount: "-5"`, `currencyCode: "zzz"`} {
		raw := a.do(fmt.Sprintf(`mutation { updatePrices(input: [{ id: "old", %s }]) { prices { id } } }`, set), nil)
		if !strings.Contains(string(raw), "BAD_USER_INPUT") {
			t.Errorf("%s: %s", set, raw)
		}
	}
	a.ask(
		nil,
		`mutation { updatePrices(input: [{ id: "old", amount: "0", currencyCode: "chf", minQuantity: null }]) { prices { id } } }`,
		nil,
	)
}

// TestCurrencyOfTheDatabase writes codes that the database alone knows, also one that the same document makes, and codes in upper
// case.
func TestCurrencyOfTheDatabase(t *testing.T) {
	t.Parallel()
	a := newValuesAPI(t)
	a.ask(nil, `mutation {
		createCurrencies(input: [{ code: "miles", symbol: "M", symbolNative: "M", name: "Miles" }, { code: "XYZ", symbol: "X", symbolNative: "X", name: "Capitals" }]) { currencies { code } }
		createPrices(input: [
			{ id: "p1", priceSetId: "s", currencyCode: "miles", amount: "1" },
			{ id: "p2", priceSetId: "s", currencyCode: "Points", amount: "0" },
			{ id: "p4", priceSetId: "s", currencyCode: "XYZ", amount: "0" },
			{ id: "p3", priceSetId: "s", currencyCode: "EUR", amount: "1e3" }]) { prices { id } }
	}`, nil)
	a.ask(nil, `mutation { createRegions(input: [{ name: "A", currencyCode: "EUR" }]) { regions { id } } }`, nil)
	rows, err := a.db.Pool.Query(t.Context(), `
		SELECT currency_code FROM (SELECT currency_code FROM price WHERE id LIKE 'p%' UNION ALL SELECT currency_code FROM region) AS c ORDER BY currency_code COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if diff := cmp.Diff([]string{"XYZ", "eur", "eur", "miles", "points"}, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}

// TestKnownCodesCostNoStatement counts what a mutation sends with a known code and with one of the database.
func TestKnownCodesCostNoStatement(t *testing.T) {
	t.Parallel()
	a := newValuesAPI(t)
	mentions := func(code string) int {
		a.db.ResetStatements()
		a.ask(nil, fmt.Sprintf(
			`mutation { createPrices(input: [{ priceSetId: "s", currencyCode: %q, amount: "1" }]) { prices { id } } }`,
			code,
		), nil)
		statements := a.db.Statements()
		n := 0
		for _, s := range statements {
			if strings.Contains(s, `FROM "currency"`) {
				n++
			}
		}
		if len(statements) == 0 {
			t.Fatal("no statement was seen")
		}
		return n
	}
	if known, other := mentions("eur"), mentions("points"); known != 0 || other != 1 {
		t.Errorf("%d look-ups of a known code, %d of another one", known, other)
	}
}
