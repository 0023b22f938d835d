"""A client of `ltc mcp`, made of the official Python SDK. It calls every tool and prints the responses as JSON.

Arguments: the path of ltc, the project's folder.
"""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(ltc: str, project: str) -> None:
    caps = ["--max-clients", "3", "--max-duration", "5s"]
    server = StdioServerParameters(command=ltc, args=["mcp", *caps], cwd=project, env=dict(__import__("os").environ))
    answers = {}

    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()

        async def call(key: str, tool: str, **arguments: object) -> str:
            result = await session.call_tool(tool, arguments)
            dumped = result.model_dump(by_alias=True)
            text = "\n".join(part.get("text", "") for part in dumped["content"])
            answers[key] = {"failed": bool(dumped.get("isError")), "text": text}
            return text

        answers["tools"] = sorted(tool.name for tool in (await session.list_tools()).tools)
        resources = (await session.list_resources()).resources
        answers["resources"] = [str(resource.uri) for resource in resources]
        language = await session.read_resource(resources[0].uri)
        answers["language"] = language.contents[0].text[:200]
        await call("check", "check", spec="shop")
        await call("wrong", "check", spec="specs/wrong.lt")
        await call("explain", "explain", code="LT0101")
        await call("build", "build", spec="shop")
        await call("debug", "debug", spec="shop")
        first = await call("run", "run", spec="shop", clients=2, duration="1s")
        second = await call("run again", "run", spec="shop", clients=2, duration="1s")
        await call("too many", "run", spec="shop", clients=4, duration="1s")
        await call("too long", "run", spec="shop", clients=1, duration="6s")
        await call("arrivals", "run", spec="shop", rate="5/s", duration="1s")
        await call("elsewhere", "debug", spec="shop", env="elsewhere")
        await call("outside", "report", file="../outside.json")
        files = [text.rsplit("JSON report: ", 1)[1].strip() for text in (first, second)]
        await call("report", "report", file=files[0])
        await call("compare", "compare", base=files[0], new=files[1], tolerance="900%")
    print(json.dumps(answers))


asyncio.run(main(*sys.argv[1:]))
