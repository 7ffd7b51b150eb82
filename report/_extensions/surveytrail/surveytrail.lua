--[[ Prints ledger numbers, parameters, quotations and codebook texts by key, and lists every printed number in an
audit appendix. Serves Quarto and plain Pandoc alike: what Quarto does by itself (includes, cross-references,
callouts) is done here only when Quarto is absent. Texts from the ledger enter as plain strings, never as Markdown. ]]

local IN_QUARTO = quarto ~= nil
local HTML, TYPST, DOCX = FORMAT:match('html') ~= nil, FORMAT:match('typst') ~= nil, FORMAT:match('docx') ~= nil

local ledger, lang, typst_version
local printed, occurrences = {}, {} -- ids in the order of their first appearance; id -> anchors of where it stands
local labels = {}                   -- cross-reference id -> {word, number}
local marks = {}                    -- what stands in the document by key: mark -> how often so far
local top, sections = nil, {}       -- level of the highest heading; numbers of the present section

local function fail(what, todo)
  error('surveytrail: ' .. what .. (todo and ('\n    to do:    ' .. todo) or ''), 0)
end

local function load_ledger()
  local here = pandoc.path.directory(PANDOC_SCRIPT_FILE)
  for _, path in ipairs { 'ledger.json', pandoc.path.join { here, '..', '..', 'ledger.json' } } do
    local file = io.open(path, 'rb')
    if file then
      local text = file:read('a')
      file:close()
      return pandoc.json.decode(text, false)
    end
  end
  fail('ledger.json is not beside the pages', 'render the staged folder results/report/source, not report/')
end

--- The text of a local text in the document's language.
local function localized(texts, what)
  return texts and texts[lang] or fail(what .. ' has no text in "' .. lang .. '"')
end

--- A fixed word by its key path, such as "fields.value".
local function word(path)
  local found = ledger.words
  for part in path:gmatch('[^.]+') do found = type(found) == 'table' and found[part] or nil end
  return found and localized(found, 'word ' .. path) or fail('unknown word "' .. path .. '"')
end

local function word_or(path, fallback)
  local group, key = path:match('^(.-)%.(.*)$')
  return ledger.words[group][key] and word(path) or fallback
end

local function entry_of(id)
  return ledger.numbers[id] or fail('unknown number "' .. id .. '"', 'look the id up with: trail trace')
end

local function typst_string(text) return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"') .. '"' end

local function colon() return lang == 'fr' and '\u{202f}:' or ':' end

-- Spans ---------------------------------------------------------------------------------------------------------

local LINKED = { value = 'text', interval = 'interval', n = 'n', level = 'level' }
local LABELS = { label = 'label', group = 'group_label', question = 'question' }

--- Says what a piece of text is, by kind and key, for those who audit the document: an attribute in HTML, a bookmark in
--- DOCX (by digest: names are short there), a mark of the template in Typst, where spans leave no trace.
local function marked(content, kind, key, style)
  content = pandoc.Inlines(content)
  if TYPST then
    content:insert(1, pandoc.RawInline('typst', '#st-mark("' .. kind .. ':' .. key:gsub('["\\]', '\\%0') .. '")['))
    content:insert(pandoc.RawInline('typst', '];'))
    return pandoc.Span(content)
  end
  if HTML then
    local attributes = pandoc.List { { kind, key:match('^[^#]+') } }
    if key:find('#') then attributes:insert { 'show', key:match('#(.*)') } end
    return pandoc.Span(content, pandoc.Attr('', { kind == 'label-of' and 'st-codebook' or 'st-' .. kind }, attributes))
  end
  local mark = kind .. ':' .. key
  marks[mark] = (marks[mark] or 0) + 1
  local name = 'm-' .. pandoc.utils.sha1(mark):sub(1, 12) .. '-' .. marks[mark]
  return pandoc.Span(content, pandoc.Attr(name, {}, style and { ['custom-style'] = style } or {}))
end

local function word_span(path) return marked(word(path), 'word', path) end

--- The same for what this filter makes, such as the number of a section; HTML tells it by class.
local function made(inline, generator) return HTML and inline or marked({ inline }, 'made', generator) end

--- Notes that a number is printed; the anchor of the place is counted unless it has one.
local function note_printed(id, place)
  local entry = entry_of(id)
  if not occurrences[id] then
    occurrences[id] = pandoc.List {}
    table.insert(printed, id)
  end
  place = place or (entry.anchor .. '-' .. #occurrences[id] + 1)
  if not occurrences[id]:includes(place) then occurrences[id]:insert(place) end
  return place
end

local function number_span(id, show)
  local entry = entry_of(id)
  if LABELS[show] then
    local text = localized(entry[LABELS[show]], show .. ' of ' .. id)
    return marked(text, 'label-of', id .. '#' .. show, 'Codebook Text')
  end
  if not LINKED[show] then fail('show="' .. show .. '" of ' .. id, 'one of value, interval, n, level, label, group, question') end
  local text = localized(entry[LINKED[show]], show .. ' of ' .. id)
  local place = note_printed(id)
  if HTML then
    local attributes = { { 'num', id }, { 'show', show } } -- a list: tables with keys have no fixed order
    return pandoc.Link({ pandoc.Str(text) }, '#' .. entry.anchor, '', pandoc.Attr(place, { 'st-num' }, attributes))
  end
  return pandoc.Span({ pandoc.Link({ pandoc.Str(text) }, '#' .. entry.anchor) }, pandoc.Attr(place, { 'st-num' }))
end

local function quote_span(el, key)
  if not ledger.citations[key] then fail('unknown quotation key "' .. key .. '"', 'add it to the bibliography') end
  local quoted = marked(el.content, 'quote', key, 'Quoted Figure')
  local citation = pandoc.Citation(key, 'NormalCitation')
  local cite = pandoc.Cite({ pandoc.Str('[@' .. key .. ']') }, { citation })
  return { quoted, pandoc.Space(), TYPST and made(cite, 'citation') or cite }
end

--- A statement in words, with a mark behind it where the data do not support it.
local function claim_span(el, id)
  local claim = ledger.claims[id] or fail('unknown claim "' .. id .. '"', 'declare it under claims.statements in config.yaml')
  local said = #el.content > 0 and el.content or localized(claim.text, 'claim ' .. id)
  local statement = marked(said, 'claim', id, 'Bound Claim')
  if claim.verdict == 'holds' then return statement end
  return { statement, pandoc.Space(), pandoc.Span({ word_span('claims.' .. claim.verdict) }, pandoc.Attr('', { 'st-unsupported' })) }
end

local function resolve_span(el)
  local a = el.attributes
  if a.num then return number_span(a.num, a.show or 'value') end
  if a.param then
    local source = a.show == 'percent' and ledger.percentages or ledger.parameters
    local texts = source[a.param] or fail('unknown parameter "' .. a.param .. '"')
    return marked(localized(texts, a.param), 'param', a.param .. (a.show and '#' .. a.show or ''), 'Study Parameter')
  end
  if a.codebook then
    local texts = ledger.codebook[a.codebook] or fail('unknown codebook key "' .. a.codebook .. '"')
    return marked(localized(texts, a.codebook), 'codebook', a.codebook, 'Codebook Text')
  end
  if a.quote then return quote_span(el, a.quote) end
  if a.segment then -- what was said in an interview, in its own language, with a mark where nobody said it
    local segment = ledger.segments[a.segment] or fail('unknown segment "' .. a.segment .. '"')
    local said = marked(segment.text, 'segment', a.segment, 'Quoted Words')
    said.attributes.lang, said.attributes.status = segment.language, segment.status
    return segment.status == 'real' and said or { said, pandoc.Space(), pandoc.Span({ word_span('invented') }, pandoc.Attr('', { 'st-unsupported' })) }
  end
  if a.claim then return claim_span(el, a.claim) end
  if a.word then return word_span(a.word) end
  if a.waive then -- words that count or compare and need no statement; why, only the HTML says, for the audit
    return HTML and pandoc.Span(el.content, pandoc.Attr('', { 'st-waive' }, { waive = a.waive })) or el.content
  end
end

--- A figure of the study: in HTML the drawing itself, its numbers being links; in PDF links lie over the picture; in
--- DOCX the entries of its numbers lead back to the picture.
local function study_figure(name, figure, image)
  local file, alt = localized(figure.file, 'figure ' .. name), localized(figure.alt, 'alternative text of ' .. name)
  local places, anchor = localized(figure.places, 'numbers of ' .. name), 'figure-' .. name
  for _, place in ipairs(places) do note_printed(place.number, DOCX and anchor or place.id) end
  if HTML then
    local drawing = io.open(file, 'rb') or fail('figure "' .. file .. '" is missing')
    local svg = drawing:read('a')
    drawing:close()
    return pandoc.RawInline('html', '<span class="st-plate">' .. svg .. '</span>')
  end
  if TYPST then -- Pandoc's writer drops the alternative text
    local links = pandoc.List {}
    for _, place in ipairs(places) do
      links:insert(string.format('("%s", "%s", %s),', entry_of(place.number).anchor, place.id, table.concat(place.box, ', ')))
    end
    return pandoc.RawInline('typst', string.format('#st-figure(image(%s, alt: %s, width: 100%%), (%s))', typst_string(file), typst_string(alt), table.concat(links, ' ')))
  end
  image.src, image.caption = file:gsub('%.svg$', '.png'), pandoc.Inlines(alt)
  image.attributes.width = '5.5in' -- as wide as the table of one cell that Pandoc puts a figure into
  return pandoc.Span({ image }, pandoc.Attr(anchor))
end

--- Numbers in the alternative text of other pictures are written out and not counted as printed.
local function resolve_image(image)
  local name = image.src:match('^figures/([%w_]+)%.svg$') or ''
  if ledger.figures[name] then return study_figure(name, ledger.figures[name], image) end
  if DOCX then image.src = image.src:gsub('%.svg$', '.png') end
  if IN_QUARTO then
    image.caption = image.caption:walk { Span = function(el)
      if el.attributes.num then return pandoc.Str(localized(entry_of(el.attributes.num).text, el.attributes.num)) end
    end }
    return image
  end
  image.caption = pandoc.Inlines(image.attributes['fig-alt'] or pandoc.utils.stringify(image.caption))
  image.attributes['fig-alt'] = nil
  if not TYPST then return image end
  local width, alt = image.attributes.width or '100%', typst_string(pandoc.utils.stringify(image.caption))
  return pandoc.RawInline('typst', '#image(' .. typst_string(image.src) .. ', alt: ' .. alt .. ', width: ' .. width .. ')')
end

-- What Quarto does by itself ------------------------------------------------------------------------------------

local function include(block)
  local path = pandoc.utils.stringify(block):match('^{{<%s*include%s+(%S+)%s*>}}$')
  if not path then return nil end
  local file = io.open(path, 'rb') or fail('included file "' .. path .. '" is missing')
  local text = file:read('a')
  file:close()
  return pandoc.read(text, 'markdown').blocks
end

local function template_block(name, content) -- a block of the Typst template
  content:insert(1, pandoc.RawBlock('typst', '#' .. name .. '['))
  content:insert(pandoc.RawBlock('typst', ']'))
  return content
end

local function callout(div)
  local kind
  for _, class in ipairs(div.classes) do kind = kind or class:match('^callout%-(%l+)$') end
  if not kind then return nil end
  local title, content = div.attributes.title, div.content
  if title then
    title = pandoc.utils.blocks_to_inlines(pandoc.read(title, 'markdown').blocks)
  elseif content[1] and content[1].t == 'Header' then
    title = content:remove(1).content
  else
    title = pandoc.Inlines { word_span('callouts.' .. kind) }
  end
  content:insert(1, pandoc.Div({ pandoc.Para { pandoc.Strong(title) } }, pandoc.Attr('', { 'callout-title' })))
  if TYPST then return template_block('st-callout', content) end
  return pandoc.Div(content, pandoc.Attr(div.identifier, { 'callout', 'callout-' .. kind }, DOCX and { ['custom-style'] = 'Callout' } or {}))
end

--- The note below a table is a block of the Typst template; HTML and DOCX style it by class and style name.
local function table_note(div)
  if TYPST and div.identifier == 'refs' then -- citeproc fills it in later
    return { pandoc.RawBlock('typst', '#st-region("made:references")['), div, pandoc.RawBlock('typst', ']') }
  end
  return TYPST and div.classes:includes('st-note') and template_block('st-note', div.content) or nil
end
--- A table that is longer than a page may break, which Typst has to be told.
local function long_table(el)
  return TYPST and #el.bodies[1].body > 34 and template_block('st-long', pandoc.Blocks { el }) or nil
end

-- Sections are numbered here under both renderers, so that the numbers are the same; figures and tables under Pandoc.
local function note_level(el) top = math.min(top or el.level, el.level) end

local function number_section(el)
  local depth = el.level - top + 1
  if not HTML then el.level = depth end
  if el.classes:includes('unnumbered') then return el end
  sections[depth] = (sections[depth] or 0) + 1
  for deeper = depth + 1, #sections do sections[deeper] = nil end
  for upper = 1, depth do sections[upper] = sections[upper] or 1 end
  local number = table.concat(sections, '.', 1, depth)
  if el.identifier:match('^sec%-') then labels[el.identifier] = { word('section'), number } end
  el.content:insert(1, pandoc.Span({ made(pandoc.Str(number), 'section'), pandoc.Space() }, pandoc.Attr('', { 'header-section-number' })))
  return el
end

local function number_float(prefix, name)
  local count = 0
  return function(el)
    if not el.identifier:match('^' .. prefix .. '%-') then return nil end
    count = count + 1
    labels[el.identifier] = { word(name), tostring(count) }
    local first = el.caption.long[1]
    if not first then fail(el.identifier .. ' has no caption', 'write one: cross-referenced figures and tables need it') end
    local number = pandoc.Strong { made(pandoc.Str(word(name) .. '\u{a0}' .. count .. colon()), 'caption') }
    first.content:insert(1, pandoc.Span({ number, pandoc.Space() }, pandoc.Attr('', { 'st-caption-number' })))
    return el
  end
end

local function cross_reference(cite)
  local found = pandoc.Inlines {}
  if not cite.citations[1].id:match('^%l%l%l%-') then return TYPST and made(cite, 'citation') or nil end
  for _, citation in ipairs(cite.citations) do
    local id = citation.id
    if not id:match('^sec%-') and (IN_QUARTO or not (id:match('^fig%-') or id:match('^tbl%-'))) then return nil end
    local label = labels[id] or fail('unknown cross-reference @' .. id)
    local text = citation.mode == 'SuppressAuthor' and label[2] or (label[1] .. '\u{a0}' .. label[2])
    if #found > 0 then found:extend { pandoc.Str(','), pandoc.Space() } end
    found:insert(pandoc.Link({ made(pandoc.Str(text), 'reference') }, '#' .. id, '', pandoc.Attr('', { 'st-ref' })))
  end
  return found
end

local function include_and_call_out(doc)
  doc.blocks = doc.blocks:walk { Para = include, Plain = include }
  doc.blocks = doc.blocks:walk { Div = callout }
  return doc
end

-- Audit appendix and colophon -----------------------------------------------------------------------------------

local function code(text) return pandoc.Code(text) end

--- What an entry tells about its number: pairs of a field's name and its inlines.
local function fields(id, entry)
  local rows = pandoc.List {}
  local function add(name, ...)
    local content = pandoc.Inlines {}
    for _, part in ipairs { ... } do
      content:insert(type(part) == 'string' and pandoc.Str(part) or part) -- not word by word: entries are many
    end
    rows:insert { name, marked(content, 'field', HTML and name or id .. '#' .. name) }
  end
  if entry.interval then
    local how = word_or('intervals.' .. (entry.interval_method or ''), entry.interval_method or '')
    add('interval', localized(entry.interval, 'interval of ' .. id) .. ' (' .. (entry.level and not how:find('%%') and word('at_level'):gsub('{level}', function() return entry.level[lang] end) or '') .. how .. ')')
  else
    add('interval', word('no_interval'))
  end
  add('n', localized(entry.base, 'base of ' .. id))
  add('question', entry.question and localized(entry.question, 'question of ' .. id) or word('no_question'))
  add('estimator', word_or('estimators.' .. entry.estimator, entry.estimator))
  if entry.filter ~= '' then add('filter', code(entry.filter)) else add('filter', word('everybody.' .. entry.kind)) end
  add('weight', localized(entry.weight_label, 'weight of ' .. id))
  if #entry.columns > 0 then
    add('raw', code(entry.raw_file), colon() .. ' ', code(table.concat(entry.columns, ', ')))
  else
    add('raw', code(entry.raw_file), colon() .. ' ' .. word('no_columns'))
  end
  add('rows', localized(entry.rows, 'records of ' .. id))
  if entry.records then add('records', localized(entry.records, 'records of ' .. id)) end
  add('config', code(entry.config))
  add('script', code(entry.script), ' (' .. entry.rule .. ')')
  add('verdict', word_or('verdicts.' .. entry.verdict, entry.verdict))
  if entry.warning ~= '' then add('warning', entry.warning) end
  add('command', code(entry.command))
  return rows
end

local function back_links(id)
  local links = pandoc.Inlines(word('appendix.back'))
  links:insert(pandoc.Space())
  local names = pandoc.List {}
  for place, anchor in ipairs(occurrences[id]) do
    local attributes = HTML and { ['aria-label'] = word('appendix.back_to') .. ' ' .. place } or {}
    local back = pandoc.Link({ pandoc.Str('↩') }, '#' .. anchor, '', pandoc.Attr('', { 'st-back' }, attributes))
    if TYPST then names:insert('"' .. anchor .. '",') else links:extend { back, pandoc.Space() } end
  end
  if TYPST then -- which of them are on one page, Typst knows
    links:insert(pandoc.RawInline('typst', '#st-backs((' .. table.concat(names, ' ') .. '), "' .. word('page') .. '")'))
  end
  return links
end

local function html_entry(id, entry)
  local items = pandoc.List {}
  for _, row in ipairs(fields(id, entry)) do
    items:insert { pandoc.Inlines(word('fields.' .. row[1])), { { pandoc.Plain { row[2] } } } }
  end
  return pandoc.Div({
    pandoc.Div({ pandoc.Plain {
      pandoc.Span({ pandoc.Str(localized(entry.text, id)) }, pandoc.Attr('', { 'st-value' }, { ['value-of'] = id })), pandoc.Space(),
      pandoc.Span(pandoc.Inlines(localized(entry.label, 'label of ' .. id)), pandoc.Attr('', { 'st-label' }, { ['label-of'] = id })),
    } }, pandoc.Attr('', { 'st-entry-head' })),
    pandoc.Div({ pandoc.Plain { code(id) } }, pandoc.Attr('', { 'st-id' })),
    pandoc.DefinitionList(items),
    pandoc.Div({ pandoc.Plain(back_links(id)) }, pandoc.Attr('', { 'st-backs' })),
  }, pandoc.Attr(entry.anchor, { 'st-entry' }, { entry = id }))
end

local function paper_entry(id, entry, level)
  local head = pandoc.Inlines { pandoc.Strong { marked({ pandoc.Str(localized(entry.text, id)) }, 'value-of', id) }, pandoc.Str('\u{2002}') }
  head:insert(marked(localized(entry.label, 'label of ' .. id), 'label-of', id .. '#label'))
  local detail = pandoc.Inlines { marked({ code(id) }, 'field', id .. '#id') }
  for _, row in ipairs(fields(id, entry)) do
    detail:extend { pandoc.Space(), pandoc.Str('·'), pandoc.Space(), pandoc.Emph { pandoc.Str(word('fields.' .. row[1]) .. colon()) }, pandoc.Space() }
    detail:insert(row[2])
  end
  detail:extend { pandoc.Space(), pandoc.Str('·'), pandoc.Space() }
  detail:extend(back_links(id))
  if TYPST then -- a heading, because only those become named destinations of the PDF
    local heading = pandoc.Header(level + 1, head, pandoc.Attr(entry.anchor, { 'unnumbered', 'unlisted' }))
    return { pandoc.RawBlock('typst', '#st-entry['), heading, pandoc.Para(detail), pandoc.RawBlock('typst', ']') }
  end
  return { pandoc.Div({
    pandoc.Div({ pandoc.Para { pandoc.Span(head, pandoc.Attr(entry.anchor)) } }, pandoc.Attr('', {}, { ['custom-style'] = 'Audit Head' })),
    pandoc.Div({ pandoc.Para(detail) }, pandoc.Attr('', {}, { ['custom-style'] = 'Audit Entry' })),
  }) }
end

local function appendix(level)
  local blocks = pandoc.Blocks { pandoc.Header(level, pandoc.Inlines(word('appendix.title')), pandoc.Attr('audit', { 'unnumbered' })) }
  blocks:insert(pandoc.Para { word_span(#printed > 0 and 'appendix.intro' or 'appendix.none') })
  for _, id in ipairs(printed) do
    if HTML then blocks:insert(html_entry(id, ledger.numbers[id])) else blocks:extend(paper_entry(id, ledger.numbers[id], level)) end
  end
  local break_before = TYPST and { pandoc.RawBlock('typst', '#pagebreak(weak: true)') } or {}
  return pandoc.Blocks(break_before) .. { pandoc.Div(blocks, pandoc.Attr('audit-appendix')) }
end

local function renderer()
  local name = 'Pandoc ' .. tostring(PANDOC_VERSION)
  if IN_QUARTO then
    local version = type(quarto.version) == 'table' and table.concat(quarto.version, '.') or tostring(quarto.version)
    name = 'Quarto ' .. version .. ', ' .. name
  end
  return TYPST and (name .. ', Typst ' .. typst_version) or name
end

local function colophon(level)
  local lines = pandoc.List {}
  for _, line in ipairs(ledger.colophon) do lines:insert { line.key, localized(line.text, 'colophon.' .. line.key) } end
  lines:insert { 'printed', tostring(#printed) }
  lines:insert { 'renderer', renderer() }
  local items = pandoc.List {}
  for _, line in ipairs(lines) do
    items:insert { pandoc.Plain { pandoc.Strong { word_span('colophon.' .. line[1]), pandoc.Str(colon()) }, pandoc.Space(), marked(line[2], 'colophon', line[1]) } }
  end
  local header = pandoc.Header(level, pandoc.Inlines(word('colophon.title')), pandoc.Attr('colophon', { 'unnumbered' }))
  return pandoc.Div({ header, pandoc.BulletList(items) }, pandoc.Attr('about-document'))
end

-- The passes ----------------------------------------------------------------------------------------------------

local function set_up(meta)
  ledger = load_ledger()
  lang = meta.lang and pandoc.utils.stringify(meta.lang):sub(1, 2) or fail('the page names no language', 'write "lang: en" in its header')
  typst_version = meta['typst-version'] and pandoc.utils.stringify(meta['typst-version']) or '(bundled)'
  local function shown(text, kind, key) return TYPST and pandoc.Inlines { marked(text, kind, key) } or pandoc.Inlines(text) end
  if ledger.notice[lang] then meta['data-status'] = shown(ledger.notice[lang], 'word', 'notice') end
  meta['study-title'] = shown(localized(ledger.study.title, 'study.title'), 'param', 'study.title')
  meta['toc-title'] = meta['toc-title'] or pandoc.Inlines(word('contents'))
  if not meta.author then
    meta.author = pandoc.MetaList {}
    for _, name in ipairs(DOCX and { table.concat(ledger.study.people, ', ') } or ledger.study.people) do
      meta.author:insert(pandoc.Inlines(name))
    end
  end
  meta.st = { skip = word('skip') }
  for _, name in ipairs { 'label', 'copy', 'copied', 'close', 'entry', 'theme' } do meta.st[name] = word('popover.' .. name) end
  return meta
end

local function finish(doc)
  local level = HTML and (top or 2) or 1
  doc.blocks:extend(appendix(level))
  doc.blocks:insert(colophon(level))
  return doc
end

local both = {
  { Header = note_level }, { Header = number_section }, { Cite = cross_reference },
  { Image = resolve_image, Div = table_note, Table = long_table }, { Span = resolve_span }, { Pandoc = finish },
}
if IN_QUARTO then return { { Meta = set_up }, table.unpack(both) } end
table.insert(both, 3, { Figure = number_float('fig', 'figure'), Table = number_float('tbl', 'table') })
return { { Meta = set_up }, { Pandoc = include_and_call_out }, table.unpack(both) }
