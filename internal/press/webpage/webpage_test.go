package webpage

import (
	"strings"
	"testing"
)

const page = `<!DOCTYPE html><html><head><title>T</title><meta property="article:published_time" content="2024-09-10T08:00:00Z">
<script>var x = "unseen";</script></head><body><nav><a href="/">Home</a></nav><div class="cookie-banner">We use cookies.</div>
<div id="main"><h1>A headline</h1><p>First <b>bold</b>&ldquo;quoted&rdquo; words,<br>and more.</p><p style="display: none">hidden</p>
<div class="related-posts"><p>A strikes B: what we know.</p></div><ul><li><a href="/1">Another article</a></li></ul>
<figure><img alt="x"><figcaption>A picture.</figcaption></figure><p>Second, with <a href="/x">a link</a> in it.</p></div>
<aside>Beside.</aside><footer>All rights reserved.</footer></body></html>`

func TestRead(t *testing.T) {
	p, err := Read([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, block := range strings.Split(string(p.Text), "\n\n") {
		at := strings.Index(string(p.Text), block)
		why := ""
		for _, d := range p.Drops {
			if d.Start <= at && at < d.End {
				why = d.Why
			}
		}
		got = append(got, block+" | "+why)
	}
	want := []string{
		"Home | navigation of the page",
		"We use cookies. | a service of the page",
		"A headline | ",
		"First bold“quoted” words, and more. | ",
		"A strikes B: what we know. | links to other articles",
		"Another article | links to other pages",
		"A picture. | a picture and its caption",
		"Second, with a link in it. | ",
		"Beside. | beside the article (aside)",
		"All rights reserved. | the foot of the page",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p.Published != "2024-09-10" {
		t.Errorf("published %q", p.Published)
	}
}

// TestArticle wants the element that the page calls the article to count, and
// nothing around it.
func TestArticle(t *testing.T) {
	body := strings.Repeat("Words of the article. ", 30)
	p, err := Read([]byte("<p>Before it.</p><article><p>" + body + "</p><aside>Beside.</aside></article><p>After it.</p>"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Drops) != 3 || p.Drops[0].Why != "outside the article, as the page marks it" || p.Drops[1].Why != "beside the article (aside)" {
		t.Errorf("%+v", p.Drops)
	}
}

func TestIs(t *testing.T) {
	for s, want := range map[string]bool{page: true, "\ufeff <p>x": true, "<?xml version='1.0'?><html>": true, "A text.": false, "< 5 men": false, "": false} {
		if Is([]byte(s)) != want {
			t.Errorf("%.20q: %v", s, !want)
		}
	}
}

func TestLimits(t *testing.T) {
	if _, err := Read(make([]byte, MaxPage+1)); err == nil {
		t.Error("a page beyond the limit is read")
	}
	if _, err := Read([]byte("<p>\xff")); err == nil {
		t.Error("a page that is not UTF-8 is read")
	}
	deep := strings.Repeat("<div>", 400) + "deep" + strings.Repeat("</div>", 400)
	p, err := Read([]byte(deep + "<p>Shallow.</p>"))
	if err != nil || len(p.Drops) == 0 || !strings.Contains(p.Drops[0].Why, "too deep") {
		t.Errorf("%+v, %v", p, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(page))
	f.Add([]byte("<p>a<a>b</p><table><p>c"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Read(file)
		if err != nil {
			return
		}
		end := 0
		for _, d := range p.Drops {
			if d.Start < end || d.End > len(p.Text) || d.Start >= d.End {
				t.Errorf("drop %+v of %d bytes, after %d", d, len(p.Text), end)
			}
			end = d.End
		}
	})
}
