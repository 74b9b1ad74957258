package ladder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Markdown returns docs/ladder.md: the rungs, the table and the scale.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# The ladder's tables\n\n" +
		"This page is written by the tables of package ladder (`go test ./internal/ladder -update`); change those.\n" +
		"[private.md](private.md) says what the ladder means, and what it does not.\n\n" +
		"## Rungs\n\n| rung | name | a side is there on a day on which it |\n|---|---|---|\n")
	for i, r := range Rungs {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", i, r.Name, r.Doc)
	}
	b.WriteString("\n## Acts\n\nEvery row that fits an act counts, for the party whose act it is; the highest rung is that of the day.\n" +
		"Code is that of the scale below.\n\n| act | where | is read as | rung | step | stands until | code |\n|---|---|---|---|---|---|---|\n")
	for i := range Table {
		r := &Table[i]
		rung, step := "", ""
		if r.Rung > ordinary {
			rung = fmt.Sprint(r.Rung)
		}
		if r.Step {
			step = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Act, r.where(), r.Says, rung, step, r.Ends, r.Code)
	}
	b.WriteString("\nPassed over, whatever they say: " + strings.Join(Neutral, ", ") + ".\n" +
		"\n## Scale\n\nGoldstein (1992), with the values that the GDELT project's table CAMEO.goldsteinscale.txt gives the codes of CAMEO.\n" +
		"An act has a code only where one fits; most have none.\n\n| code | is | weight |\n|---|---|---|\n")
	for _, code := range slices.Sorted(maps.Keys(Scale)) {
		fmt.Fprintf(&b, "| %s | %s | %.1f |\n", code, Scale[code].Label, Scale[code].Weight)
	}
	return b.String()
}

// where says in words when a row fits.
func (r *Row) where() string {
	var out []string
	for _, field := range slices.Sorted(maps.Keys(r.Where)) {
		var words []string
		for _, w := range r.Where[field] {
			if w == "" {
				w = "not given"
			}
			words = append(words, w)
		}
		out = append(out, field+": "+strings.Join(words, " or "))
	}
	if r.Brings != "" {
		out = append(out, "it completes: "+r.Brings)
	}
	return strings.Join(out, "; ")
}

// String says in words when a rung ends.
func (e Ends) String() string {
	var out []string
	if e.Field != "" {
		out = append(out, e.Field+" is changed")
	}
	if e.Act != "" {
		out = append(out, e.Act)
	}
	if e.At != "" {
		out = append(out, "its "+e.At)
	}
	return strings.Join(out, ", or ")
}
