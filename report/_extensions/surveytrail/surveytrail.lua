--[[ Prints ledger numbers, parameters, quotations and codebook texts by key, and lists every printed number in an
audit appendix. Serves Quarto and plain Pandoc alike: what Quarto does by itself (cross-references, callouts) is done
here only when Quarto is absent; includes are written out before Pandoc reads. Texts from the ledger enter as plain
strings, never as Markdown. ]]

local IN_QUARTO = quarto ~= nil
local HTML, TYPST, DOCX = FORMAT:match('html') ~= nil, FORMAT:match('typst') ~= nil, FORMAT:match('docx') ~= nil

local ledger, typst_version         -- what this page prints, cut from the ledger in the page's language
local printed, occurrences = 0, {}  -- how many numbers are; id -> anchors of where it stands
local labels, marks = {}, {}        -- cross-reference id -> {word, number}; mark by key -> how often so far
local top, sections = nil, {}       -- level of the highest heading; numbers of the present section

local function fail(what, todo)
  error('surveytrail: ' .. what .. (todo and ('\n    to do:    ' .. todo) or ''), 0)
end

local function read(path)
  local file <close> = io.open(path, 'rb')
  return file and file:read('a')
end

local function load_ledger(meta)
  if LEDGER then return LEDGER end -- read for all formats at once where Pandoc renders alone
  local name, here = pandoc.utils.stringify(meta.ledger or 'ledger.json'), pandoc.path.directory(PANDOC_SCRIPT_FILE)
  local text = read(name) or read(pandoc.path.join { here, '..', '..', name })
  return text and meta.ledger and pandoc.json.decode(text, false)
      or fail(name .. ' is not beside the page', 'render the staged folder results/report/source, not report/')
end

local function known(kind, key)
  return ledger[kind][key] or fail('unknown ' .. kind:gsub('s$', '') .. ' "' .. key .. '"')
end

--- A fixed word by its key path, such as "appendix.title".
local function word(path) return known('words', path) end

--- In Typst's strings, line ends would break lines.
local function typst_escaped(text) return (text:gsub('[ \t\r\n]+', ' '):gsub('[\\"]', '\\%0')) end

local function typst_string(text) return '"' .. typst_escaped(text) .. '"' end

local function colon() return ledger.language == 'fr' and '\u{202f}:' or ':' end

-- Spans ---------------------------------------------------------------------------------------------------------

local LABELS = { label = true, group = true, question = true }

--- Says what a piece of text is, by kind and key, for those who audit the document: an attribute in HTML, a bookmark in
--- DOCX (by digest: names are short there), a mark of the template in Typst, where spans leave no trace. Plain texts go
--- on as they are: lists of inlines are many times as slow to hand over. What is raw, pandoc.utils.stringify leaves out.
local function marked(content, kind, key, style)
  if TYPST then
    local mark = '#st-mark(' .. typst_string(kind .. ':' .. key)
    if type(content) == 'string' then return pandoc.RawInline('typst', mark .. ', ' .. typst_string(content) .. ');') end
    content:insert(1, pandoc.RawInline('typst', mark .. ')['))
    content:insert(pandoc.RawInline('typst', '];'))
    return pandoc.Span(content)
  end
  if HTML then
    local own, show = key:match('^([^#]+)#?(.*)')
    local attributes = { { kind, own }, show ~= '' and { 'show', show } or nil }
    return pandoc.Span(content, pandoc.Attr('', { kind == 'label-of' and 'st-codebook' or 'st-' .. kind }, attributes))
  end
  local mark = kind .. ':' .. key
  marks[mark] = (marks[mark] or 0) + 1
  local name = 'm-' .. pandoc.utils.sha1(mark):sub(1, 12) .. '-' .. marks[mark]
  return pandoc.Span(content, pandoc.Attr(name, {}, style and { ['custom-style'] = style } or {}))
end

local function word_span(path) return marked(word(path), 'word', path) end

--- A text with a remark behind it that warns of it.
local function remarked(content, path)
  return { content, pandoc.Space(), pandoc.Span({ word_span(path) }, pandoc.Attr('', { 'st-unsupported' })) }
end

--- The same for what this filter makes, such as the number of a section; HTML tells it by class.
local function made(inline, generator) return HTML and inline or marked(pandoc.Inlines { inline }, 'made', generator) end

--- Notes that a number is printed; the anchor of the place is counted unless it has one.
local function note_printed(id, place)
  local entry = known('numbers', id)
  if not occurrences[id] then occurrences[id], printed = pandoc.List {}, printed + 1 end
  place = place or (entry.anchor .. '-' .. #occurrences[id] + 1)
  if not occurrences[id]:includes(place) then occurrences[id]:insert(place) end
  return place
end

local function number_span(id, show)
  local entry = known('numbers', id)
  local text = entry[show] or fail(id .. ' has nothing to show as "' .. show .. '"')
  if LABELS[show] then return marked(text, 'label-of', id .. '#' .. show, 'Codebook Text') end
  local place, to = note_printed(id), entry.anchor
  if TYPST then return pandoc.RawInline('typst', ('#link(<%s>, %s)<%s>'):format(to, typst_string(text), place)) end
  if DOCX then return pandoc.Span(pandoc.Link(text, '#' .. to), pandoc.Attr(place, { 'st-num' })) end
  return pandoc.Link(text, '#' .. to, '', pandoc.Attr(place, { 'st-num' }, { { 'num', id }, { 'show', show } })) -- in this order
end

local function quote_span(el, key)
  known('citations', key)
  local quoted = marked(el.content, 'quote', key, 'Quoted Figure')
  local cite = pandoc.Cite({ pandoc.Str('[@' .. key .. ']') }, { pandoc.Citation(key, 'NormalCitation') })
  return { quoted, pandoc.Space(), TYPST and made(cite, 'citation') or cite }
end

--- A statement in words, with a remark behind it where the data do not support it.
local function claim_span(el, id)
  local claim = known('claims', id)
  local statement = marked(#el.content > 0 and el.content or claim.text, 'claim', id, 'Bound Claim')
  return claim.verdict == 'holds' and statement or remarked(statement, 'claims.' .. claim.verdict)
end

--- What was said in an interview, in its own language, with a remark where nobody said it.
local function segment_span(id)
  local segment = known('segments', id)
  local said = marked(segment.text, 'segment', id, 'Quoted Words')
  if TYPST then said = pandoc.Span({ said }) end
  said.attributes.lang, said.attributes.status = segment.language, segment.status
  return segment.status == 'real' and said or remarked(said, 'invented')
end

local function resolve_span(el)
  local a = el.attributes
  if a.num then return number_span(a.num, a.show or 'value') end
  if a.param then
    local key = a.param .. (a.show and '#' .. a.show or '')
    return marked(known('parameters', key), 'param', key, 'Study Parameter')
  end
  if a.codebook then return marked(known('codebook', a.codebook), 'codebook', a.codebook, 'Codebook Text') end
  if a.quote then return quote_span(el, a.quote) end
  if a.segment then return segment_span(a.segment) end
  if a.claim then return claim_span(el, a.claim) end
  if a.word then return word_span(a.word) end
  if a.waive then -- words that count or compare and need no statement; why, only the HTML says, for the audit
    return HTML and pandoc.Span(el.content, pandoc.Attr('', { 'st-waive' }, { waive = a.waive })) or el.content
  end
end

--- A figure of the study: in HTML the drawing itself, its numbers being links; in PDF links lie over the picture; in
--- DOCX the entries of its numbers lead back to the picture.
local function study_figure(name, figure, image)
  local anchor = 'figure-' .. name
  for _, place in ipairs(figure.places) do note_printed(place.number, DOCX and anchor or place.id) end
  if HTML then
    local drawing = read(figure.file) or fail('figure "' .. figure.file .. '" is missing')
    return pandoc.RawInline('html', '<span class="st-plate">' .. drawing .. '</span>')
  end
  if TYPST then -- Pandoc's writer drops the alternative text
    local links = pandoc.List {}
    for _, place in ipairs(figure.places) do
      local target, box = known('numbers', place.number).anchor, table.concat(place.box, ', ')
      links:insert(string.format('("%s", "%s", %s),', target, place.id, box))
    end
    local picture = 'image(' .. typst_string(figure.file) .. ', alt: ' .. typst_string(figure.alt) .. ', width: 100%)'
    return pandoc.RawInline('typst', '#st-figure(' .. picture .. ', (' .. table.concat(links, ' ') .. '))')
  end
  image.src, image.caption = figure.file:gsub('%.svg$', '.png'), pandoc.Inlines(figure.alt)
  image.attributes.width = '5.35in' -- the table of one cell that Pandoc puts a figure into, without the cell's margins
  return pandoc.Span({ image }, pandoc.Attr(anchor))
end

--- Numbers in the alternative text of other pictures are written out and not counted as printed.
local function resolve_image(image)
  local name = image.src:match('^figures/([%w_]+)%.svg$') or ''
  if ledger.figures[name] then return study_figure(name, ledger.figures[name], image) end
  if DOCX then image.src = image.src:gsub('%.svg$', '.png') end
  if IN_QUARTO then
    image.caption = image.caption:walk { Span = function(el)
      if el.attributes.num then return pandoc.Str(known('numbers', el.attributes.num).value) end
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

--- A block of the Typst template.
local function template_block(name, content)
  content:insert(1, pandoc.RawBlock('typst', '#' .. name .. '['))
  content:insert(pandoc.RawBlock('typst', ']'))
  return content
end

local function callout(div)
  local kind
  for _, class in ipairs(div.classes) do kind = kind or class:match('^callout%-(%l+)$') end
  if not kind then return nil end
  local content, written = div.content, div.attributes.title
  local title = written and pandoc.utils.blocks_to_inlines(pandoc.read(written, 'markdown').blocks)
      or pandoc.Inlines { word_span('callouts.' .. kind) }
  content:insert(1, pandoc.Div({ pandoc.Para { pandoc.Strong(title) } }, pandoc.Attr('', { 'callout-title' })))
  if TYPST then return template_block('st-callout', content) end
  local style = DOCX and { ['custom-style'] = 'Callout' } or {}
  return pandoc.Div(content, pandoc.Attr(div.identifier, { 'callout', 'callout-' .. kind }, style))
end

--- The note below a table is a block of the Typst template; HTML and DOCX style it by class and style name.
local function table_note(div)
  if div.identifier == 'refs' then return template_block('st-region("made:references")', pandoc.Blocks { div }) end
  return div.classes:includes('st-note') and template_block('st-note', div.content) or nil
end
--- A table that is longer than a page may break, which Typst has to be told.
local function long_table(el)
  return #el.bodies[1].body > 34 and template_block('st-long', pandoc.Blocks { el }) or nil
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
    local first = el.caption.long[1] or fail(el.identifier .. ' has no caption', 'write one: references need it')
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

-- Audit appendix and colophon -----------------------------------------------------------------------------------
-- Entries are many: they are written in the format's own language, with texts in the places of {names}.

local function run(text, style)
  return '<w:r>' .. (style and '<w:rPr>' .. style .. '</w:rPr>' or '') .. '<w:t xml:space="preserve">' .. text .. '</w:t></w:r>'
end

local function bookmark(number, name, runs) -- a million is more than Pandoc counts up to
  local id = ' w:id="1{count}' .. number .. '"'
  return '<w:bookmarkStart' .. id .. ' w:name="' .. name .. '"/>' .. runs .. '<w:bookmarkEnd' .. id .. '/>'
end

local CODE, LINK = '<w:rStyle w:val="VerbatimChar"/>', '<w:rStyle w:val="Hyperlink"/>'
local FORMS = HTML and {
  text = '{text}', code = '<code>{text}</code>', link = '<a href="#n-{key}"><code>{text}</code></a>',
  field = '<dt>{title}</dt><dd data-field="{name}">{content}</dd>\n',
  back = '<a class="st-back" href="#{place}" aria-label="{appendix.back_to} {at}">↩</a> ',
  entry = '<div class="st-entry" id="{anchor}" data-entry="{id}">\n<div class="st-entry-head">'
    .. '<span class="st-value" data-value-of="{id}">{value}</span> <span class="st-label" data-label-of="{id}">{label}</span></div>\n'
    .. '<div class="st-id"><code>{id}</code></div>\n<dl>{fields}<dt>{fields.command}</dt><dd data-field="command"><code>trail trace {id}</code></dd>\n'
    .. '</dl>\n<div class="st-backs">{appendix.back} {backs}</div>\n</div>',
} or TYPST and {
  text = '"{text}", ', code = 'st-code("{text}"), ', link = 'link(<n-{key}>, st-code("{text}")), ',
  field = '("{title}", {content}),\n', -- and no way back: the template knows the pages
  entry = '("{anchor}", "{id}", "{value}", "{label}", {follows}, ({fields})),',
} or {
  text = run('{text}'), code = run('{text}', CODE),
  link = '<w:hyperlink w:anchor="f-{key}-records">' .. run('{text}', CODE) .. '</w:hyperlink>',
  field = run(' · {title} ', '<w:i/>') .. bookmark('', 'f-{key}-{name}', '{content}'),
  back = '<w:hyperlink w:anchor="{place}">' .. run('↩', LINK) .. '</w:hyperlink>' .. run(' '),
  entry = '<w:p><w:pPr><w:pStyle w:val="AuditHead{style}"/></w:pPr>' .. bookmark(1, '{anchor}', bookmark(2, 'f-{key}-value',
      run('{value}', '<w:b/>')) .. run('\u{2002}') .. bookmark(3, 'f-{key}-label', run('{label}'))) .. '</w:p>'
    .. '<w:p><w:pPr><w:pStyle w:val="AuditEntry{style}"/></w:pPr>' .. bookmark(4, 'f-{key}-command', run('trail trace {id}', CODE))
    .. '{fields}' .. run(' · {appendix.back} ') .. '{backs}</w:p>',
}
local SIGNS = { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;' }
local filled, written = 0, {} -- forms so far; fields that many entries share, apart from DOCX, where each has a bookmark

local function escaped(text) return TYPST and typst_escaped(text) or (text:gsub('[&<>"]', SIGNS)) end

local WORDS = { __index = function(_, path) return escaped(word(path)) end }

--- A form with texts in it, which are escaped already, and with fixed words by their key paths, which are not.
local function fill(form, texts)
  filled = filled + 1
  texts.count = tostring(100000 + filled)
  return (FORMS[form]:gsub('{([%l_.]+)}', setmetatable(texts, WORDS)))
end

--- A field of an entry: text and code in turn. Code that is another number's id leads to where that lists its records.
local function field_of(key, name, place)
  local content, shared = {}, name .. place
  if written[shared] then return written[shared] end
  for at, text in ipairs(ledger.contents[place]) do
    local other = at % 2 == 0 and occurrences[text] and ledger.numbers[text].anchor:sub(3)
    local form = at % 2 == 1 and 'text' or other and 'link' or 'code'
    content[at] = text == '' and '' or fill(form, { text = escaped(text), key = other })
  end
  local title = escaped(word('fields.' .. name) .. (HTML and '' or colon()))
  local field = fill('field', { name = name, title = title, key = key, content = table.concat(content) })
  written[shared] = not DOCX and field
  return field
end

--- An entry with all its fields, or in PDF and DOCX with those that differ from the first of its block, if that is printed.
local function entry_of(entry)
  local id, number, fields, backs = entry.id, ledger.numbers[entry.id], {}, {}
  local key, follows = number.anchor:sub(3), not HTML and occurrences[entry.follows or ''] ~= nil
  for at, field in ipairs(follows and entry.differs or entry.fields) do
    fields[at] = field_of(key, field[1], field[2])
  end
  for at, place in ipairs(FORMS.back and occurrences[id] or {}) do backs[at] = fill('back', { place = place, at = tostring(at) }) end
  return fill('entry', {
    id = escaped(id), anchor = number.anchor, key = key, value = escaped(number.value), label = escaped(number.label),
    style = follows and 'Next' or '', follows = tostring(follows), fields = table.concat(fields), backs = table.concat(backs),
  })
end

local function appendix(level)
  local title, entries = pandoc.Inlines(word('appendix.title')), {}
  for _, entry in ipairs(ledger.entries) do
    if occurrences[entry.id] then table.insert(entries, entry_of(entry)) end
  end
  local text = table.concat(entries, '\n')
  if TYPST then
    text = '#st-entries(' .. typst_string(word('appendix.back')) .. ', ' .. typst_string(word('page')) .. ',\n' .. text .. ')'
  end
  local blocks = pandoc.Blocks {
    pandoc.Header(level, title, pandoc.Attr('st-audit', { 'unnumbered' })),
    pandoc.Para { word_span(printed > 0 and (HTML and 'appendix.intro' or 'appendix.intro_blocks') or 'appendix.none') },
    pandoc.RawBlock(HTML and 'html' or TYPST and 'typst' or 'openxml', text),
  }
  blocks = { pandoc.Div(blocks, pandoc.Attr('st-audit-appendix')) }
  return TYPST and { pandoc.RawBlock('typst', '#pagebreak(weak: true)'), blocks[1] } or blocks
end

local function renderer()
  local name = 'Pandoc ' .. tostring(PANDOC_VERSION)
  local version = IN_QUARTO and (type(quarto.version) == 'table' and table.concat(quarto.version, '.') or tostring(quarto.version))
  name = (version and 'Quarto ' .. version .. ', ' or '') .. name
  return TYPST and (name .. ', Typst ' .. typst_version) or name
end

local function colophon(level)
  local lines, items = pandoc.List(ledger.colophon):clone(), pandoc.List {}
  lines:extend { { 'printed', tostring(printed) }, { 'renderer', renderer() } }
  for _, line in ipairs(lines) do
    local name = pandoc.Strong { word_span('colophon.' .. line[1]), pandoc.Str(colon()) }
    items:insert { pandoc.Plain { name, pandoc.Space(), marked(line[2], 'colophon', line[1]) } }
  end
  local header = pandoc.Header(level, pandoc.Inlines(word('colophon.title')), pandoc.Attr('st-colophon', { 'unnumbered' }))
  return pandoc.Div({ header, pandoc.BulletList(items) }, pandoc.Attr('st-about-document'))
end

-- The passes ----------------------------------------------------------------------------------------------------

local function set_up(meta)
  ledger = load_ledger(meta)
  typst_version = meta['typst-version'] and pandoc.utils.stringify(meta['typst-version']) or '(bundled)'
  local function shown(text, kind, key) return TYPST and pandoc.Inlines { marked(text, kind, key) } or pandoc.Inlines(text) end
  if ledger.notice ~= '' then meta['data-status'] = shown(ledger.notice, 'word', 'notice') end
  meta['study-title'] = shown(ledger.title, 'param', 'study.title')
  meta['toc-title'] = meta['toc-title'] or pandoc.Inlines(word('contents'))
  local people = pandoc.List(DOCX and { table.concat(ledger.people, ', ') } or ledger.people)
  meta.author = meta.author or pandoc.MetaList(people:map(function(person) return pandoc.Inlines(person) end))
  meta.ledger, meta.st = nil, { skip = word('skip') }
  for _, part in ipairs { 'label', 'copy', 'copied', 'close', 'entry', 'theme' } do meta.st[part] = word('popover.' .. part) end
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
  { Image = resolve_image, Div = TYPST and table_note or nil, Table = TYPST and long_table or nil }, { Span = resolve_span }, { Pandoc = finish },
}
if IN_QUARTO then return { { Meta = set_up }, table.unpack(both) } end
table.insert(both, 3, { Figure = number_float('fig', 'figure'), Table = number_float('tbl', 'table') })
return { { Meta = set_up }, { Div = callout }, table.unpack(both) }
