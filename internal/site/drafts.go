package site

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"detente/charter"
	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// Drafts is the data of the list of drafts.
type Drafts struct{ Drafts []desk.Kept }

func (v *visit) drafts() error {
	kept, err := v.Desk.Drafts()
	if err != nil {
		return err
	}
	return v.render("drafts", &Page{Title: v.loc.T("Drafts"), Data: Drafts{kept}})
}

// Compose is the data of the page of a new draft, and of one that is kept.
type Compose struct {
	Form  *Form
	Kept  *desk.Kept // nil: not kept yet
	Kinds []Opening
	Path  string // of the channel
	Seen  []Slot // the texts as the other side will see them

	Review *desk.Review // how far it is on its way out; nil: not kept yet
	Mine   bool         // whoever looks may release it, and has not
	Given  bool         // whoever looks has released it
}

// compose is the page of a new draft: of an act, or, before one is chosen, the
// acts that open a matter.
func (v *visit) compose() error {
	channel, err := v.channel()
	if err != nil {
		return err
	}
	frame, err := view.FrameOf(v.Node, channel)
	if err != nil {
		return err
	}
	p := &Page{Title: v.loc.T("New draft"), Channel: &frame}
	q := v.r.URL.Query()
	if q.Get("act") == "" {
		p.Data = Compose{Kinds: opening(), Path: ChannelPath(channel)}
		return v.render("compose", p)
	}
	f, err := v.form(channel, desk.Draft{Act: q.Get("act"), Channel: channel.String(), Matter: q.Get("matter")}, "", "")
	if err != nil {
		return err
	}
	p.Data = Compose{Form: f, Path: ChannelPath(channel)}
	return v.render("compose", p)
}

// Opening is a kind of matter with the acts that open one.
type Opening struct {
	*matter.Kind
	Opens []matter.Act
}

// opening returns what a note can open.
func opening() (out []Opening) {
	for _, k := range matter.Kinds {
		o := Opening{Kind: k}
		for _, a := range k.Acts {
			if a.Opens && k.Name+"/"+a.Name != matter.Ack {
				o.Opens = append(o.Opens, a)
			}
		}
		if !k.InHouse && o.Opens != nil {
			out = append(out, o)
		}
	}
	return out
}

// form returns the form of a draft by its act's table and the channel's charter.
func (v *visit) form(channel note.Digest, d desk.Draft, wrong, why string) (*Form, error) {
	kind, act, ok := matter.Find(d.Act)
	if !ok || d.Act == matter.Ack || kind.InHouse {
		return nil, &problem{http.StatusNotFound, fmt.Sprintf("there is no act %.60q to write; nothing was kept", d.Act)}
	}
	var zones, languages []string
	var audience, offices []Choice
	err := v.Node.Read(channel, func(s *node.Snapshot) {
		c := s.Docs.Current().Charter
		languages = c.Languages
		for _, m := range c.Members {
			if m.Role == charter.Principal {
				if m.Party == s.Party {
					zones = slices.Insert(zones, 0, m.Zone)
				} else if !slices.Contains(zones, m.Zone) {
					zones = append(zones, m.Zone)
				}
			}
			if m.Party == s.Party {
				for _, o := range m.Offices {
					offices = append(offices, Choice{o.Code, o.Code == d.Office})
				}
			}
			if m.Role != charter.Observer {
				audience = append(audience, Choice{m.Party, len(d.Audience) == 0 || slices.Contains(d.Audience, m.Party)})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if len(languages) == 0 {
		languages = []string{"en"}
	}
	f := fill(kind, act, d, slices.Compact(zones), languages, wrong, why)
	f.Offices = offices
	if d.Matter == "" {
		f.Audience = audience
	}
	return f, nil
}

// written makes a draft of the form that was posted.
func (v *visit) written(channel note.Digest) (desk.Draft, error) {
	if err := v.r.ParseForm(); err != nil {
		return desk.Draft{}, &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the form cannot be read: %v; what was kept before stays", err)}
	}
	q := v.r.PostForm
	_, act, ok := matter.Find(q.Get("act"))
	if !ok {
		return desk.Draft{}, &problem{http.StatusUnprocessableEntity, fmt.Sprintf("there is no act %.60q; nothing was kept", q.Get("act"))}
	}
	d := desk.Draft{Act: q.Get("act"), Channel: channel.String(), Matter: q.Get("matter"), Office: q.Get("office"), Precedence: q.Get("precedence"), Audience: q["audience"], Authentic: q["authentic"]}
	d.Fields, d.Texts = readForm(act, q)
	return d, nil
}

// keep keeps a new draft.
func (v *visit) keep() error {
	channel, err := v.channel()
	if err != nil {
		return err
	}
	d, err := v.written(channel)
	if err != nil {
		return err
	}
	id, err := v.Desk.Keep(v.r.Context(), d)
	if err != nil {
		return err
	}
	return v.redirect("/drafts/" + url.PathEscape(id))
}

// kept returns the draft that the path names, and its channel.
func (v *visit) kept() (desk.Kept, note.Digest, error) {
	all, err := v.Desk.Drafts()
	if err != nil {
		return desk.Kept{}, note.Digest{}, err
	}
	i := slices.IndexFunc(all, func(k desk.Kept) bool { return k.ID == v.r.PathValue("id") })
	if i < 0 {
		return desk.Kept{}, note.Digest{}, &view.NotFound{What: "draft " + v.r.PathValue("id")}
	}
	channel, err := v.Desk.Channel(all[i].Draft.Channel)
	return all[i], channel, err
}

// draft is the page of one draft: its form, what is wrong with it, and how the
// other side will see it.
func (v *visit) draft() error {
	k, channel, err := v.kept()
	if err != nil {
		return err
	}
	frame, err := view.FrameOf(v.Node, channel)
	if err != nil {
		return err
	}
	review, err := v.Desk.Review(k.ID)
	if err != nil {
		return err
	}
	d := Compose{Kept: &k, Path: ChannelPath(channel), Review: &review,
		Mine:  slices.ContainsFunc(review.May, func(o officer.Officer) bool { return o.ID == v.officer.ID }),
		Given: slices.ContainsFunc(review.Releases, func(s desk.Said) bool { return s.Officer == v.officer.ID })}
	var wrong, why string
	if review.Trouble != "" && k.Note == "" {
		_, err := v.Desk.Prepare(k.Draft)
		wrong, why = desk.Field(err), review.Trouble
	}
	if d.Form, err = v.form(channel, k.Draft, wrong, why); err != nil {
		return err
	}
	d.Form.Version = k.Version
	for _, name := range sorted(k.Draft.Texts) {
		s := Slot{Name: name}
		for _, lang := range sorted(k.Draft.Texts[name]) {
			s.Words = append(s.Words, &view.Words{Authentic: k.Draft.Authentic, Party: v.Node.Party(), Slot: name, Texts: note.Wording{lang: k.Draft.Texts[name][lang]}})
		}
		d.Seen = append(d.Seen, s)
	}
	return v.render("draft", &Page{Title: v.loc.T("Draft %s", k.ID), Channel: &frame, Data: d})
}

func (v *visit) amend() error {
	_, channel, err := v.kept()
	if err != nil {
		return err
	}
	d, err := v.written(channel)
	if err != nil {
		return err
	}
	var version uint64 // that the form was of; without one, whichever there is
	if s := v.r.PostForm.Get("version"); s != "" {
		if version, err = strconv.ParseUint(s, 10, 64); err != nil {
			return &problem{http.StatusUnprocessableEntity, fmt.Sprintf("version %.20q is not a number; what was kept before stays", s)}
		}
	}
	k, err := v.Desk.Amend(v.r.Context(), v.r.PathValue("id"), d, version)
	if err != nil {
		return err
	}
	if v.scripted() { // kept while it is written
		return v.json(map[string]uint64{"version": k.Version})
	}
	return v.redirect(v.r.URL.Path)
}

// scripted reports whether a script asks, which takes JSON.
func (v *visit) scripted() bool { return v.r.Header.Get("Accept") == "application/json" }

// ask puts a draft to the releasers.
func (v *visit) ask() error {
	id := v.r.PathValue("id")
	if _, err := v.Desk.Ask(v.r.Context(), id); err != nil {
		return err
	}
	return v.redirect("/drafts/" + url.PathEscape(id))
}

// beginRelease asks the officer's passkey to sign the draft as it stands.
func (v *visit) beginRelease() error {
	id := v.r.PathValue("id")
	review, err := v.Desk.Review(id)
	if err != nil {
		return err
	}
	options, err := v.SignIn.BeginRelease(v.r.Context(), id, review.Digest)
	if err != nil {
		return err
	}
	return v.json(options)
}

// finishRelease keeps what the passkey signed, and sends the note where no
// other person must release it.
func (v *visit) finishRelease() error {
	b, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, maxResponse))
	if err != nil {
		return err
	}
	assertion, id, _, err := v.SignIn.FinishRelease(v.r.Context(), b)
	if err != nil {
		return err
	}
	_, t, err := v.Desk.Approve(v.r.Context(), id, assertion)
	if err != nil {
		return err
	}
	then := "/drafts/" + url.PathEscape(id)
	if t != nil {
		then = notePath(t.ID)
	}
	return v.json(map[string]string{"then": then})
}

func (v *visit) withdraw() error {
	id := v.r.PathValue("id")
	if _, err := v.Desk.Withdraw(v.r.Context(), id); err != nil {
		return err
	}
	return v.redirect("/drafts/" + url.PathEscape(id))
}

func (v *visit) refuse() error {
	id := v.r.PathValue("id")
	if _, err := v.Desk.Refuse(v.r.Context(), id, v.r.FormValue("remark")); err != nil {
		return err
	}
	return v.redirect("/drafts/" + url.PathEscape(id))
}

// send lets a draft leave, where no other person must release it.
func (v *visit) send() error {
	t, err := v.Desk.Release(v.r.Context(), v.r.PathValue("id"), v.r.FormValue("again") != "")
	if err != nil {
		return err
	}
	return v.redirect(notePath(t.ID))
}

func (v *visit) drop() error {
	if err := v.Desk.Drop(v.r.Context(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.redirect("/drafts")
}
