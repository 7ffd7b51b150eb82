--[[ How Pandoc renders a page where Quarto is absent: `pandoc lua formats.lua PAGE TYPST-VERSION` reads PAGE.md once and
writes PAGE.html, PAGE.typ and PAGE.docx. Settings are those of _quarto.yml and of the page's header, into which staging has written
the language, the ledger and the DOCX reference. ]]

local page, typst_version = arg[1], arg[2]
local here = pandoc.path.directory(arg[0])

local function read(path)
  local file <close> = assert(io.open(path, 'rb'))
  return file:read('a')
end

local doc = pandoc.read(read(page .. '.md'), 'markdown')
doc.meta['link-citations'] = true
local ledger = pandoc.json.decode(read(pandoc.utils.stringify(doc.meta.ledger)), false)
doc.meta.csl = doc.meta.csl or pandoc.path.join { here, 'citations.csl' }

--- Sets a text into a template. Pandoc would lay it out for that sign by sign, which takes most of the time of writing.
local function in_template(text, name, render)
  local mark = '\1' -- a control character, as no text has it
  local template = read(pandoc.path.join { here, name }):gsub('%$body%$', mark)
  local before, after = render(pandoc.template.compile(template, here .. '/')):match('^(.-)' .. mark .. '(.*)$')
  return before .. text .. after
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
  local text = render(not template and pandoc.template.compile(pandoc.template.default(to)) or nil)
  local file <close> = assert(io.open(page .. '.' .. ending, 'wb'))
  file:write(template and in_template(text, template, render) or text)
end

local contents = doc.meta.toc ~= false
local style = { css = { pandoc.path.join { here, 'report.css' } } }
write('html5', 'html', { table_of_contents = contents, toc_depth = 3, variables = style }, 'template.html')
write('typst', 'typ', { table_of_contents = contents, toc_depth = 2 }, 'pandoc-template.typ')
write('docx', 'docx', { reference_doc = pandoc.utils.stringify(doc.meta['reference-doc']) })
