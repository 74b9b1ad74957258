// Package webpage makes a text of a web page: every block of words that a
// reader would see, in its order, one a paragraph, and which of them are no part
// of the article, and why. Nothing is left out in silence, as what a page puts
// beside an article may be taken for it, and the other way round.
//
// It judges by the page's own marks: the element that a block stands in (nav,
// aside, footer, figure …), the words of class and id, and how much of a block
// is links. It runs no scripts and fetches nothing.
package webpage

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"detente/internal/press"
)

// Limits on a page.
const (
	MaxPage = 4 << 20
	// maxDepth bounds how deep elements are followed: what lies deeper is left
	// out, and said to be.
	maxDepth = 200
)

// A Page is the text of a web page.
type Page struct {
	Text      []byte
	Drops     []press.Drop // blocks of Text that are no part of the article
	Published string       // the day that the page gives for itself, or ""
}

// Is reports whether a file looks like a web page.
func Is(file []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), " \t\r\n"))
	head = head[:min(len(head), 1024)]
	for _, mark := range []string{"<!doctype html", "<html", "<head", "<body", "<article", "<div", "<p>", "<p ", "<main", "<h1", "<!--"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<html"))
}

// Read reads a page.
func Read(file []byte) (*Page, error) {
	switch {
	case len(file) > MaxPage:
		return nil, fmt.Errorf("the page has %d bytes; the limit is %d", len(file), MaxPage)
	case !utf8.Valid(file):
		return nil, fmt.Errorf("the page is not UTF-8; convert it first, as with iconv -t UTF-8")
	}
	root, err := html.Parse(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("the page cannot be read: %w", err)
	}
	w := &walker{page: &Page{}}
	w.article = find(root, func(n *html.Node) bool {
		return n.DataAtom == atom.Article && len(words(n)) > 400 || attr(n, "itemprop") == "articleBody"
	}, 0)
	w.walk(root, place{}, 0)
	w.flush()
	return w.page, nil
}

// place is what is known of where a block stands.
type place struct {
	why  string // it is no part of the article
	in   bool   // in the article
	link bool
}

type walker struct {
	page    *Page
	article *html.Node
	block   strings.Builder
	linked  int // runes of the block that are links
	at      place
	deep    bool // something lies too deep
}

// outside are the elements that hold no article.
var outside = map[atom.Atom]string{
	atom.Nav: "navigation of the page", atom.Aside: "beside the article (aside)", atom.Footer: "the foot of the page", atom.Form: "a form of the page",
	atom.Figure: "a picture and its caption", atom.Figcaption: "the caption of a picture", atom.Button: "a button", atom.Menu: "navigation of the page", atom.Dialog: "a window of the page",
}

// unseen are the elements whose words nobody sees.
var unseen = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Head: true, atom.Svg: true, atom.Iframe: true, atom.Select: true, atom.Object: true, atom.Textarea: true}

var inline = map[atom.Atom]bool{atom.A: true, atom.B: true, atom.I: true, atom.Em: true, atom.Strong: true, atom.Span: true, atom.Abbr: true, atom.Cite: true, atom.Q: true, atom.Sub: true, atom.Sup: true, atom.Small: true, atom.Mark: true, atom.Time: true, atom.U: true, atom.S: true, atom.Font: true, atom.Code: true, atom.Ins: true, atom.Bdi: true, atom.Bdo: true, atom.Label: true, atom.Wbr: true, atom.Var: true, atom.Dfn: true}

// named are the words of a class or id that tell furniture.
var named = []struct {
	why string
	re  *regexp.Regexp
}{
	{"an advertisement", regexp.MustCompile(`(?i)(^|[\s_-])(ad|ads|advert|advertisement|advertorial|sponsor(ed)?|promo(ted|tion)?|outbrain|taboola|adsbygoogle)([\s_-]|$)`)},
	{"links to other articles", regexp.MustCompile(`(?i)(^|[\s_-])(related|recommend(ed|ations?)?|read-?(more|also|next)|also-?read|see-?also|more-?(stories|news|from|on)|trending|popular|most-?read|sidebar|latest(-news)?|teaser|carousel)([\s_-]|$)`)},
	{"a service of the page", regexp.MustCompile(`(?i)(^|[\s_-])(share|sharing|social|newsletter|subscribe|subscription|signup|cookie|cookies|consent|comments?|disqus|login|paywall|breadcrumbs?|pagination|toolbar|menu|navbar|nav|footer|copyright|byline|author(-bio|-box)?|tags?|taglist|topics|metadata|meta|timestamp|caption|credit)([\s_-]|$)`)},
}

func (w *walker) walk(n *html.Node, p place, depth int) {
	if depth > maxDepth {
		if !w.deep {
			w.flush()
			w.deep = true
			w.text("[…]", place{why: "too deep in the page to be read"})
			w.flush()
		}
		return
	}
	switch n.Type {
	case html.TextNode:
		w.text(n.Data, p)
		return
	case html.ElementNode:
		if n.DataAtom == atom.Meta {
			w.meta(n)
		}
		if n.DataAtom == atom.Head {
			w.head(n)
		}
		if unseen[n.DataAtom] || hidden(n) {
			return
		}
		if n == w.article {
			p.in, p.why = true, ""
		}
		if p.why == "" {
			p.why = outside[n.DataAtom]
		}
		if p.why == "" && n.DataAtom != atom.Body && n.DataAtom != atom.Html && n != w.article {
			p.why = byName(n)
		}
		if n.DataAtom == atom.A {
			p.link = true
		}
		if n.DataAtom == atom.Br {
			w.text("\n", p)
			return
		}
	}
	apart := n.Type == html.ElementNode && !inline[n.DataAtom]
	if apart {
		w.flush()
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, p, depth+1)
	}
	if apart {
		w.flush()
	}
}

func byName(n *html.Node) string {
	s := attr(n, "class") + " " + attr(n, "id")
	if s == " " {
		return ""
	}
	for _, f := range named {
		if f.re.MatchString(s) && !strings.Contains(strings.ToLower(s), "article-body") && len(words(n)) < 1200 {
			return f.why
		}
	}
	return ""
}

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" || a.Key == "aria-hidden" && a.Val == "true" || a.Key == "style" && strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none") {
			return true
		}
	}
	return false
}

func (w *walker) text(s string, p place) {
	words := strings.Join(strings.Fields(s), " ")
	if words == "" {
		if w.block.Len() > 0 && !strings.HasSuffix(w.block.String(), " ") {
			w.block.WriteByte(' ')
		}
		return
	}
	first, _ := utf8.DecodeRuneInString(s)
	if w.block.Len() == 0 {
		w.at = p
	} else if unicode.IsSpace(first) && !strings.HasSuffix(w.block.String(), " ") {
		w.block.WriteByte(' ')
	}
	w.block.WriteString(words)
	if p.link {
		w.linked += utf8.RuneCountInString(words)
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) {
		w.block.WriteByte(' ')
	}
	if w.at.why == "" {
		w.at.why = p.why
	}
}

// flush ends a block.
func (w *walker) flush() {
	s := strings.TrimSpace(w.block.String())
	n, linked, at := utf8.RuneCountInString(s), w.linked, w.at
	w.block.Reset()
	w.linked, w.at = 0, place{}
	if s == "" {
		return
	}
	start := len(w.page.Text)
	if start > 0 {
		w.page.Text = append(w.page.Text, "\n\n"...)
		start += 2
	}
	w.page.Text = append(w.page.Text, s...)
	why := at.why
	switch {
	case why != "":
	case w.article != nil && !at.in:
		why = "outside the article, as the page marks it"
	case linked*10 > n*7:
		why = "links to other pages"
	}
	if why != "" {
		w.page.Drops = append(w.page.Drops, press.Drop{Span: press.Span{Start: start, End: len(w.page.Text)}, Why: why})
	}
}

func (w *walker) head(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.meta(c)
	}
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

func (w *walker) meta(n *html.Node) {
	name := attr(n, "property") + attr(n, "name") + attr(n, "itemprop")
	switch strings.ToLower(name) {
	case "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "pubdate", "publishdate":
		if d := day.FindString(attr(n, "content")); d != "" && w.page.Published == "" {
			w.page.Published = d
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func find(n *html.Node, is func(*html.Node) bool, depth int) *html.Node {
	if n.Type == html.ElementNode && is(n) {
		return n
	}
	for c := n.FirstChild; c != nil && depth < maxDepth; c = c.NextSibling {
		if f := find(c, is, depth+1); f != nil {
			return f
		}
	}
	return nil
}

// words returns the words of an element, up to some hundreds of them.
func words(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node, int)
	walk = func(n *html.Node, depth int) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil && depth < maxDepth && b.Len() < 4000; c = c.NextSibling {
			if !unseen[c.DataAtom] {
				walk(c, depth+1)
			}
		}
	}
	walk(n, 0)
	return strings.TrimSpace(b.String())
}
