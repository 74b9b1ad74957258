// Package site serves the desk to officers: the pages of one node.
//
// # Pages
//
// A page is one row of the table routes: a pattern, the least role that it is
// open to, and a function that draws it from package view. Pages compute
// nothing of their own: what is shown is what the terminal and the API show.
// Reading works without script; a form posts and is answered by a redirect.
//
// # Who is asking
//
// Options.Who says which officer a request is from. Without one a page is
// answered by a redirect to the sign-in, and every other request by 401. What
// a role may not do is 403, whatever the page offers.
//
// # What a browser is told
//
// Everything comes from this server, and nothing else is ever asked for: no
// inline script or style, no frame, no base, Trusted Types with no policy.
// A request that changes something must come from this origin
// (http.CrossOriginProtection). No page may be kept by a cache.
//
// # Languages
//
// The templates are parsed once for each language, with functions bound to it:
//
//	{{t "English text %s" .X}}          the program's own words, translated
//	{{num .N}}                          a number in the language's digits
//	{{template "when" (when $ .Time)}}  an instant, as each side's clock shows it
//	{{template "left" (left $ .Due)}}   the time until an instant
//	{{template "words" (words $ .W)}}   somebody's words: language, direction, authentic or translation
//
// $ is the [Page]. Somebody's words are never translated.
package site
