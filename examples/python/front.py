"""What users call: asks the price service, waits 0.3 s at most, tries twice."""
import os

import requests
from flask import Flask
from tenacity import retry, stop_after_attempt, wait_fixed

app = Flask(__name__)


@retry(stop=stop_after_attempt(2), wait=wait_fixed(0.05), reraise=True)
def price():
    answer = requests.get(os.environ["PRICE_URL"] + "/price", timeout=0.3)
    answer.raise_for_status()
    return answer.json()["price"]


@app.get("/buy")
def buy():
    try:
        return {"price": price()}
    except requests.RequestException as error:
        return {"error": str(error)}, 502


app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "19001")), threaded=True)
