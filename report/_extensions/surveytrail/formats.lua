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

local function write(to, ending, settings, template)
  local whole = doc:clone()
  if to == 'typst' then whole.meta['typst-version'] = typst_version end
  local filter = pandoc.path.join { here, 'surveytrail.lua' }
  local seen = setmetatable({ FORMAT = to, PANDOC_SCRIPT_FILE = filter, LEDGER = ledger }, { __index = _G })
  whole = pandoc.utils.citeproc(pandoc.utils.run_lua_filter(whole, filter, seen))
  settings.template = pandoc.template.compile(template and read(pandoc.path.join { here, template }) or pandoc.template.default(to), here .. '/')
  settings.wrap_text = 'wrap-none'
  local extensions = to == 'typst' and '-citations' or '' -- citeproc has written them out
  local file <close> = assert(io.open(page .. '.' .. ending, 'wb'))
  file:write(pandoc.write(whole, to .. extensions, pandoc.WriterOptions(settings)))
end

local contents = doc.meta.toc ~= false
local style = { css = { pandoc.path.join { here, 'report.css' } } }
write('html5', 'html', { table_of_contents = contents, toc_depth = 3, variables = style }, 'template.html')
write('typst', 'typ', { table_of_contents = contents, toc_depth = 2 }, 'pandoc-template.typ')
write('docx', 'docx', { reference_doc = pandoc.utils.stringify(doc.meta['reference-doc']) })
