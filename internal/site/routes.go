package site

import "detente/internal/officer"

// Route is one row of the table of pages.
type Route struct {
	Pattern string       // as http.ServeMux takes it
	Role    officer.Role // the least that it is open to; empty: also to nobody
	do      func(*visit) error
}

// Routes returns the table of pages.
func Routes() []Route { return routes }

var routes []Route

func init() {
	routes = []Route{
		{"GET /{$}", officer.Reader, (*visit).today},
		{"GET /c/{channel}/matters", officer.Reader, (*visit).matters},
		{"GET /c/{channel}/matters/{id}", officer.Reader, (*visit).matter},
		{"GET /c/{channel}/notes/{id}", officer.Reader, (*visit).note},
		{"GET /c/{channel}/line", officer.Reader, (*visit).line},
	}
}
