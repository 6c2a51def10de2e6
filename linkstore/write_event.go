package linkstore

import (
	"encoding/json"
	"fmt"
	"strings"
)

// eventsCTE returns a CTE that writes an event for each row that the CTE written returns, in order. If which is not
// "", it is a condition on the row, t, and only matching rows get an event.
func (s *Store) eventsCTE(d *Definition, event, cause, which string) string {
	if which != "" {
		which = " WHERE " + which
	}
	return fmt.Sprintf(
		`, told AS (
		INSERT INTO %s (event, cause, link, left_key, right_key, data)
		SELECT %s, %s, %s, %s, %s, %s FROM written AS t%s ORDER BY %s)`,
		s.own(
			"link_event",
		),
		literal(event),
		literal(cause),
		literal(d.Name),
		d.leftKey.KeyOf("t"),
		d.rightKey.KeyOf("t"),
		d.dataText(),
		which,
		d.order(),
	)
}

// literal returns a text as an SQL literal.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// dataText returns an expression for the extra columns of a row, t, as a JSON object, in the form of Link.Data.
func (d *Definition) dataText() string {
	if len(d.Columns) == 0 {
		return "'{}'::jsonb"
	}
	parts := make([]string, 0, 2*len(d.Columns))
	for _, c := range d.Columns {
		value := "t." + quote(c.Name)
		switch c.Type {
		case Decimal:
			value += "::text"
		case JSON:
			value += "::jsonb"
		case Timestamp:
			value = "rtrim(rtrim(to_char(" + value + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
		}
		parts = append(parts, literal(c.Name), value)
	}
	return "jsonb_build_object(" + strings.Join(parts, ", ") + ")"
}

// emit queues a statement that writes the events of many links of one kind to the outbox. It runs in the
// transaction that changes the links, and events keep the order of the calls.
func (s *Store) emit(tx *batchTx, event, cause string, links []Link) error {
	if len(links) == 0 {
		return nil
	}
	left, right := make([]string, len(links)), make([]string, len(links))
	for i, l := range links {
		left[i], right[i] = l.Left, l.Right
	}
	args, names, column, array := []any{event, cause, links[0].Name, left, right}, "l, r", "'{}'", ""
	if len(links[0].Data) > 0 {
		data := make([]string, len(links))
		for i, l := range links {
			text, err := json.Marshal(l.Data)
			if err != nil {
				return err
			}
			data[i] = string(text)
		}
		args, names, column, array = append(args, data), "l, r, data", "p.data::jsonb", ", $6::text[]"
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("link_event")+` (event, cause, link, left_key, right_key, data)
		SELECT $1::text, $2::text, $3::text, p.l, p.r, `+column+` FROM unnest($4::text[], $5::text[]`+array+`) AS p(`+names+`)`, args...)
	return nil
}
