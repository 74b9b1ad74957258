package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"detente/internal/locale"
)

// Whatever the tables and the fold say is known here by its format, so that it
// can be said in every language; and nothing else is.
func TestFormatsOfTheFold(t *testing.T) {
	want := foldFormats(t)
	for _, f := range want {
		if !slices.Contains(formats, f) {
			t.Errorf("formats lack %q,", f)
		}
	}
	for _, f := range formats {
		if !slices.Contains(want, f) {
			t.Errorf("neither matter nor register says %q any more", f)
		}
	}
}

// foldFormats finds the sentences of packages matter and register: what is
// given to errors.New and Errorf, to those functions of theirs that refuse, and
// what clocks are for.
func foldFormats(t *testing.T) []string {
	var out []string
	add := func(e ast.Expr) {
		if f := formatOf(e); strings.Contains(f, " ") && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	for _, dir := range []string{"../../matter", "../../register"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					switch name := called(n.Fun); {
					case name == "New" && len(n.Args) == 1, name == "Errorf", name == "bad":
						add(n.Args[0])
					case name == "refuse":
						add(n.Args[1])
					}
				case *ast.CompositeLit:
					if id, ok := n.Type.(*ast.Ident); ok && id.Name == "FieldError" && len(n.Elts) == 3 {
						add(n.Elts[2])
					}
				case *ast.KeyValueExpr:
					if id, ok := n.Key.(*ast.Ident); ok && (id.Name == "For" || id.Name == "Reason") {
						add(n.Value)
					}
				case *ast.ReturnStmt: // a reason beside what else is returned
					if len(n.Results) == 2 {
						add(n.Results[0])
						add(n.Results[1])
					}
				}
				return true
			})
		}
	}
	return out
}

func called(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

var verbs = regexp.MustCompile(`%(\.\d+)?[qvs]`)

// formatOf returns a sentence with %s for whatever is not written out in it.
func formatOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			return ""
		}
		return verbs.ReplaceAllString(s, "%s")
	case *ast.BinaryExpr:
		x, y := formatOf(e.X), formatOf(e.Y)
		if x == "" {
			x = "%s"
		}
		if y == "" {
			y = "%s"
		}
		if e.Op == token.ADD && x+y != "%s%s" {
			return x + y
		}
	case *ast.CallExpr:
		if name := called(e.Fun); name == "Sprintf" || name == "New" || name == "Errorf" {
			return formatOf(e.Args[0])
		}
	}
	return ""
}

// A text of the fold is said in another language, its words of the tables too,
// and reads as before in English.
func TestSays(t *testing.T) {
	fa := locale.For("fa")
	for text, format := range map[string]string{
		"to answer":                 "to answer",
		"part 2, to report it done": "part %d, to report it done",
		"item 12, to answer":        "item %d, to answer",
		"accept is not open when the matter is in force":                    "%s is not open when the matter is %s",
		"its author had not seen PAK#3, which says more":                    "its author had not seen %s, which says more",
		"its author had not seen PAK#3, which says more about the incident": "its author had not seen %s, which says more about the incident",
		"part 007, to report it done":                                       "part %d, to report it done",
		"sealed to PAK/consular, IRN/mfa":                                   "sealed to %s",
		"what nobody wrote before":                                          "what nobody wrote before",
		"":                                                                  "",
	} {
		p := Says(text)
		if p.String() != text {
			t.Errorf("%q is said as %q", text, p)
		}
		if p.Format != format {
			t.Errorf("%q: format %q, want %q", text, p.Format, format)
		}
	}
	if got := fa.Say(Says("part 2, to report it done")); !strings.Contains(got, "۲") {
		t.Errorf("in Persian: %q", got)
	}
	if p := Says("accept is not open when the matter is in force"); len(p.Args) != 2 || p.Args[1].(locale.Phrase).Format != "in force" {
		t.Errorf("the words are not known: %v", p.Args)
	}
}
