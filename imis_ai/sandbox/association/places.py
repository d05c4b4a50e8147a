"""The eight chapters, their real cities, and the employers that are members."""

from typing import NamedTuple


class City(NamedTuple):
    name: str
    state: str
    zip_head: str
    area: str
    weight: int


class ChapterPlace(NamedTuple):
    code: str
    name: str
    region: str
    share: float
    cities: list[City]


def _chapter(code: str, name: str, region: str, share: float, cities: str) -> ChapterPlace:
    parts = [text.split("|") for text in cities.split(";")]
    return ChapterPlace(code, name, region, share, [City(p[0], p[1], p[2], p[3], int(p[4])) for p in parts])


CHAPTERS = [
    _chapter(
        "TEX",
        "Texas",
        "South",
        0.15,
        "Houston|TX|770|713|6;Dallas|TX|752|214|5;Austin|TX|787|512|4;"
        "San Antonio|TX|782|210|3;Fort Worth|TX|761|817|2;El Paso|TX|799|915|1;Lubbock|TX|794|806|1",
    ),
    _chapter(
        "GLF",
        "Gulf",
        "South",
        0.09,
        "New Orleans|LA|701|504|4;Baton Rouge|LA|708|225|3;Mobile|AL|366|251|2;"
        "Pensacola|FL|325|850|2;Gulfport|MS|395|228|1;Tampa|FL|336|813|4;Lafayette|LA|705|337|1",
    ),
    _chapter(
        "PAC",
        "Pacific",
        "West",
        0.18,
        "Seattle|WA|981|206|4;Portland|OR|972|503|3;San Francisco|CA|941|415|4;"
        "Los Angeles|CA|900|213|5;San Diego|CA|921|619|3;Sacramento|CA|958|916|2;Oakland|CA|946|510|2;"
        "Honolulu|HI|968|808|1",
    ),
    _chapter(
        "NE",
        "Northeast",
        "East",
        0.17,
        "New York|NY|100|212|6;Boston|MA|021|617|4;Philadelphia|PA|191|215|3;"
        "Hartford|CT|061|860|2;Providence|RI|029|401|1;Albany|NY|122|518|1;Newark|NJ|071|973|2;Portland|ME|041|207|1",
    ),
    _chapter(
        "GL",
        "Great Lakes",
        "Central",
        0.13,
        "Chicago|IL|606|312|5;Detroit|MI|482|313|3;Cleveland|OH|441|216|3;"
        "Milwaukee|WI|532|414|2;Buffalo|NY|142|716|1;Toledo|OH|436|419|1;Grand Rapids|MI|495|616|2",
    ),
    _chapter(
        "MTN",
        "Mountain",
        "West",
        0.08,
        "Denver|CO|802|303|5;Salt Lake City|UT|841|801|3;Boise|ID|837|208|2;"
        "Phoenix|AZ|850|602|4;Albuquerque|NM|871|505|2;Bozeman|MT|597|406|1",
    ),
    _chapter(
        "MW",
        "Midwest",
        "Central",
        0.09,
        "Minneapolis|MN|554|612|4;St. Louis|MO|631|314|3;Kansas City|MO|641|816|3;"
        "Indianapolis|IN|462|317|3;Omaha|NE|681|402|2;Des Moines|IA|503|515|2;Madison|WI|537|608|1",
    ),
    _chapter(
        "SE",
        "Southeast",
        "East",
        0.11,
        "Atlanta|GA|303|404|5;Charlotte|NC|282|704|3;Nashville|TN|372|615|3;"
        "Raleigh|NC|276|919|3;Jacksonville|FL|322|904|2;Charleston|SC|294|843|2;Richmond|VA|232|804|2",
    ),
]

STREETS = [
    "Main St",
    "Oak Ave",
    "Market St",
    "Commerce Dr",
    "Elm St",
    "Lakeview Rd",
    "River Rd",
    "Park Ave",
    "Second St",
    "Union St",
    "Highland Ave",
    "Mill St",
    "Washington Blvd",
    "Church St",
    "Prospect Ave",
    "Canal St",
    "Industrial Pkwy",
    "College Ave",
    "Cedar Ln",
    "Bayview Dr",
]

FIRM_WORDS = [
    "Northgate",
    "Summit",
    "Blue River",
    "Harborline",
    "Keystone",
    "Ironwood",
    "Cedar Point",
    "Lakeshore",
    "Crossway",
    "Redstone",
    "Bridgewater",
    "Granite",
    "Meridian",
    "Stillwater",
    "Foxhall",
    "Tidewater",
    "Copperfield",
    "Sandhill",
    "Willow Creek",
    "Beacon Hill",
    "Eastbrook",
    "Pinecrest",
    "Ridgeline",
    "Southport",
    "Fairmount",
    "Clearwater",
    "Stonebridge",
    "Oakmont",
    "Highbridge",
    "Arroyo",
    "Palisade",
    "Juniper",
    "Cascade",
    "Bluff City",
]
FIRM_KINDS = [
    "Structural Engineers",
    "Engineering Group",
    "Design Partners",
    "Consulting Engineers",
    "Bridge & Infrastructure",
    "Fabricators",
    "Construction",
    "Geotechnical Associates",
    "Precast",
    "Timber Systems",
    "Inspection Services",
    "Architects",
    "Department of Transportation",
    "Steel Works",
    "Building Science",
]
INDUSTRIES = [
    "Structural design",
    "Bridges",
    "Construction",
    "Public agency",
    "Fabrication",
    "Geotechnical",
    "Architecture",
    "Research and teaching",
    "Inspection and testing",
    "Energy and industrial",
]
COMPANY_SIZES = ["1-9", "10-49", "50-249", "250-999", "1000+"]
TITLES = [
    "Structural Engineer",
    "Senior Structural Engineer",
    "Project Engineer",
    "Project Manager",
    "Principal",
    "Associate Principal",
    "Bridge Engineer",
    "Design Engineer",
    "Director of Engineering",
    "Technical Director",
    "Graduate Engineer",
    "Assistant Professor",
    "Professor",
    "Plan Reviewer",
    "Inspection Manager",
    "BIM Coordinator",
    "Estimator",
    "Chief Engineer",
    "Forensic Engineer",
    "Construction Manager",
    "Seismic Specialist",
    "Research Engineer",
]
