package site

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"detente/internal/locale"
	"detente/internal/officer"
	"detente/internal/view"
	"detente/note"
)

//go:embed templates
var files embed.FS

// Page is the root of every template: what stands around the data of a page.
type Page struct {
	Channel  *view.Frame // absent on a page of no one channel
	Channels []view.Frame
	Data     any
	Demo     *view.Demo // absent where no scenario is played
	Dir      string     // ltr or rtl
	Here     string     // path and query of the page
	Lang     string
	Node     string // the party
	Now      time.Time
	Officer  *officer.Officer // absent where nobody is signed in
	Title    string
	Zones    []view.Zone // of the channel, or of every channel
}

// Exercise reports whether anything on the page is of an exercise.
func (p *Page) Exercise() bool {
	if p.Channel != nil {
		return p.Channel.Exercise
	}
	for _, c := range p.Channels {
		if c.Exercise {
			return true
		}
	}
	return false
}

// templates is the pages in one language.
type templates struct{ byName map[string]*template.Template }

// parse parses every page in one language. A page is layout.html, the parts
// part_*.html, and the page's own file.
func parse(loc *locale.Locale) *templates {
	shared := template.Must(template.New("layout.html").Funcs(funcs(loc)).ParseFS(files, "templates/layout.html", "templates/part_*.html"))
	out := &templates{map[string]*template.Template{}}
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, e := range entries {
		if name := e.Name(); name != "layout.html" && !strings.HasPrefix(name, "part_") {
			page := template.Must(template.Must(shared.Clone()).ParseFS(files, "templates/"+name))
			out.byName[strings.TrimSuffix(name, ".html")] = page
		}
	}
	return out
}

// render answers with a page. Nothing is sent of a page that fails.
func (v *visit) render(name string, p *Page) error { return v.answer(http.StatusOK, name, p) }

func (v *visit) answer(status int, name string, p *Page) error {
	lang := v.loc.Language
	p.Lang, p.Dir, p.Here, p.Node, p.Now, p.Officer = lang.Tag, lang.Dir, v.r.URL.RequestURI(), v.Node.Party(), v.now(), v.officer
	if v.Demo != nil {
		demo := v.Demo.View()
		p.Demo = &demo
	}
	if p.Channels == nil {
		p.Channels = v.channels()
	}
	if p.Channel != nil {
		p.Zones = p.Channel.Zones
	} else if p.Zones == nil {
		p.Zones = zones(p.Channels)
	}
	var b bytes.Buffer
	if err := v.pages[lang.Tag].byName[name].ExecuteTemplate(&b, "layout.html", p); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	v.w.Write(b.Bytes()) //nolint:errcheck // the browser is gone
	return nil
}

// channels returns the frame of every channel that can be read.
func (v *visit) channels() []view.Frame {
	var out []view.Frame
	for _, id := range v.Node.Channels() {
		if f, err := view.FrameOf(v.Node, id); err == nil {
			out = append(out, f)
		}
	}
	return out
}

// zones returns the zones of several channels, each party once.
func zones(channels []view.Frame) []view.Zone {
	var out []view.Zone
	seen := map[string]bool{}
	for _, c := range channels {
		for _, z := range c.Zones {
			if !seen[z.Party] {
				seen[z.Party] = true
				out = append(out, z)
			}
		}
	}
	return out
}

// channel returns the channel that the path names by the first digits of its
// digest.
func (v *visit) channel() (note.Digest, error) { return v.Desk.Channel(v.r.PathValue("channel")) }

// named returns the channel and the note that the path names.
func (v *visit) named() (channel note.Digest, id note.ID, err error) {
	if channel, err = v.channel(); err != nil {
		return channel, id, err
	}
	party, rest, _ := strings.Cut(v.r.PathValue("id"), ".")
	epoch, index, _ := strings.Cut(rest, ".")
	id, err = note.ParseID(party + "/" + channel.String() + "/" + epoch + "#" + index)
	if err != nil {
		return channel, id, &view.NotFound{What: "note " + v.r.PathValue("id")}
	}
	return channel, id, nil
}

// ChannelPath returns where the pages of a channel are.
func ChannelPath(c note.Digest) string { return "/c/" + c.String()[:16] }

// Path returns where the page of a note is, PAK.1.41 for PAK/…/1#41.
func notePath(id note.ID) string {
	party, channel, epoch, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return "/"
	}
	return ChannelPath(channel) + "/notes/" + url.PathEscape(party) + "." + strconv.FormatUint(uint64(epoch), 10) + "." + strconv.FormatUint(id.Index, 10)
}

func matterPath(id note.ID) string { return strings.Replace(notePath(id), "/notes/", "/matters/", 1) }

// then is the query by which the sign-in goes on to the page that was wanted.
func then(r *http.Request) string {
	return url.Values{"then": {r.URL.RequestURI()}}.Encode()
}
