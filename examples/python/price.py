"""Knows the price, after 10 ms of thought."""
import os
import time

from flask import Flask

app = Flask(__name__)


@app.get("/price")
def price():
    time.sleep(0.01)
    return {"price": 42}


app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "19002")), threaded=True)
