package web

import (
	"detente/internal/desk"
	"detente/internal/officer"
	"detente/note"
)

var letter = desk.Draft{Act: "message/send", Given: map[string][]string{"form": {"letter"}}, Texts: map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "B"}}}

// with returns an officer with some roles.
func with(roles ...officer.Role) officer.Officer {
	return officer.Officer{ID: 1, Name: "An officer", Roles: roles}
}
