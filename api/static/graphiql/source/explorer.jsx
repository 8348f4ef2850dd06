import 'graphiql/style.css'
import './explorer.css'

import { GraphiQL } from 'graphiql'
import { useEditorContext } from '@graphiql/react'
import { parse, print, separateOperations } from 'graphql'
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { createRoot } from 'react-dom/client'

import { accessToken, comeBack, grantedScopes, isLoggedIn, logIn, logOut } from './login.js'

const root = document.getElementById('explorer')
const page = JSON.parse(root.dataset.page)

/** The server runs documents of one operation; the editor may hold several, so the chosen one is cut out. */
function chosen({ query, operationName }) {
  try {
    return print(separateOperations(parse(query))[operationName ?? '']) ?? query
  } catch {
    return query
  }
}

async function fetcher({ query, operationName, variables }) {
  const token = await accessToken(page)
  const answer = await fetch(page.graphql, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query: chosen({ query, operationName }), variables }),
  })
  return answer.json()
}

function Ready() {
  const { addTab, queryEditor, variableEditor } = useEditorContext({ nonNull: true })
  const open = ({ document, variables }) => {
    addTab()
    // The editors show the new tab after this event; only then may its text be set.
    setTimeout(() => {
      queryEditor?.setValue(document)
      variableEditor?.setValue(JSON.stringify(variables, null, 2))
    })
  }
  return (
    <>
      <h2>现成的操作</h2>
      <p>点一个，在新标签页中打开；按 Ctrl-Enter 执行。<br />Choose one; run it with Ctrl-Enter.</p>
      <ol>
        {page.ready.map((operation) => (
          <li key={operation.en}>
            <button type="button" onClick={() => open(operation)}>
              <strong>{operation.zh}</strong>
              <span>{operation.en}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  )
}

/** The list stands beside the editor and needs its context, so it is rendered from within and shown outside. */
function BesideTheEditor({ place }) {
  return place && createPortal(<Ready />, place)
}

function firstText(value) {
  if (typeof value === 'string') return value
  for (const inner of Object.values(value ?? {})) {
    const text = typeof inner === 'object' || typeof inner === 'string' ? firstText(inner) : null
    if (text) return text
  }
  return null
}

function LogIn({ failure }) {
  const [problem, setProblem] = useState(failure)
  const [who, setWho] = useState(null)
  useEffect(() => {
    if (isLoggedIn() && page.whoami) fetcher({ query: page.whoami }).then(({ data }) => setWho(firstText(data)))
  }, [])
  if (!isLoggedIn())
    return (
      <div className="login">
        {problem && <span role="alert">{problem}</span>}
        <button type="button" onClick={() => logIn(page).catch((error) => setProblem(error.message))}>
          登录 Log in
        </button>
      </div>
    )
  return (
    <div className="login">
      <span title={grantedScopes().join('\n')}>{who ?? '已登录'}</span>
      <button type="button" onClick={() => logOut(page)}>退出 Log out</button>
      <a href={page.logOut}>退出浏览器登录<span lang="en">Log this browser out</span></a>
    </div>
  )
}

function Explorer({ failure }) {
  const [first] = page.ready
  const [place, setPlace] = useState(null)
  return (
    <>
      <header className="bar">
        <h1>{page.title}</h1>
        <p>左边选现成的操作，或自己写；登录后以您的身份执行。<span lang="en">Run as yourself after logging in.</span></p>
        <LogIn failure={failure} />
      </header>
      <main>
        <nav className="ready" aria-label="现成的操作 Ready-made operations" ref={setPlace} />
        <GraphiQL
          fetcher={fetcher}
          storage={sessionStorage}
          defaultQuery={first?.document ?? '{ __typename }\n'}
          defaultEditorToolsVisibility="variables"
          defaultTheme="light"
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>
            <span lang="en">GraphiQL</span>
            <BesideTheEditor place={place} />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  )
}

const failure = await comeBack(page)
createRoot(root).render(<Explorer failure={failure} />)
