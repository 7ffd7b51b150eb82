--[[ How Pandoc renders a page where Quarto is absent: `pandoc lua formats.lua PAGE TYPST-VERSION` reads PAGE.md once and
writes PAGE.html, PAGE.typ and PAGE.docx. Settings are those of _quarto.yml and of the page's header, into which staging has written
the language, the ledger and the DOCX reference. ]]

local page, typst_version = arg[1], arg[2]
local here = pandoc.path.directory(arg[0])

local function read(path)
  local file <close> = assert(io.open(path, 'rb'))
  return file:read('a')
end

local text = read(page .. '.md')
local doc = pandoc.read(text, 'markdown')
doc.meta['link-citations'] = true
local ledger = doc.meta.ledger and pandoc.json.decode(read(pandoc.utils.stringify(doc.meta.ledger)), false)
doc.meta.csl = doc.meta.csl or pandoc.path.join { here, 'citations.csl' }

--- Pandoc lays out what it sets into a template sign by sign, which takes most of the time of writing; so the body is set
--- into it here. Footnotes of the header are counted together with those of the body, which only Pandoc's own way does.
local function in_template(name, whole, render)
  local template, mark, noted = read(pandoc.path.join { here, name }), pandoc.utils.sha1(text), false
  pandoc.Pandoc({}, whole.meta):walk { Note = function() noted = true end }
  if noted then return render(pandoc.template.compile(template, here .. '/')) end
  local before, after = render(pandoc.template.compile(template:gsub('%$body%$', mark), here .. '/')):match('^(.-)' .. mark .. '(.*)$')
  return before .. render(nil) .. after
end

local function write(to, ending, settings, template)
  local whole = doc:clone()
  if to == 'typst' then whole.meta['typst-version'] = typst_version end
  local filter = pandoc.path.join { here, 'surveytrail.lua' }
  local seen = setmetatable({ FORMAT = to, PANDOC_SCRIPT_FILE = filter, LEDGER = ledger }, { __index = _G })
  whole = pandoc.utils.citeproc(pandoc.utils.run_lua_filter(whole, filter, seen))
  settings.wrap_text = 'wrap-none'
  local function render(compiled)
    settings.template = compiled
    local extensions = to == 'typst' and '-citations' or '' -- citeproc has written them out
    return pandoc.write(whole, to .. extensions, pandoc.WriterOptions(settings))
  end
  local file <close> = assert(io.open(page .. '.' .. ending, 'wb'))
  file:write(template and in_template(template, whole, render) or render(pandoc.template.compile(pandoc.template.default(to))))
end

local contents = doc.meta.toc ~= false
local style = { css = { pandoc.path.join { here, 'report.css' } } }
write('html5', 'html', { table_of_contents = contents, toc_depth = 3, variables = style }, 'template.html')
write('typst', 'typ', { table_of_contents = contents, toc_depth = 2 }, 'pandoc-template.typ')
write('docx', 'docx', { reference_doc = pandoc.utils.stringify(doc.meta['reference-doc']) })
