"""Reads a SAM template and parameters (JSON) and writes what CloudFormation makes of it; run by SAM's own Python."""

import json
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

given = json.load(sys.stdin)
translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1"))
json.dump(translator.translate(given["template"], given["parameters"]), sys.stdout)
