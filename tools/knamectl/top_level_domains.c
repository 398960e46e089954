/* SPDX-License-Identifier: Apache-2.0 */
/* Names of top-level domains that namespaces may be called as: all of two letters, which are
 * countries' or kept for them, and the others that are much used. */
#include <string.h>

#include "doctor.h"

static const char *const domains[] = {
	"academy",   "agency",	   "app",	  "arpa",	   "art",	 "asia",
	"bank",	     "bar",	   "beer",	  "berlin",	   "best",	 "bet",
	"bid",	     "bike",	   "bio",	  "biz",	   "blog",	 "book",
	"build",     "business",   "buy",	  "cab",	   "cafe",	 "cam",
	"camera",    "camp",	   "capital",	  "car",	   "cars",	 "casa",
	"cash",	     "cat",	   "center",	  "chat",	   "cheap",	 "church",
	"city",	     "click",	   "cloud",	  "club",	   "coach",	 "codes",
	"coffee",    "com",	   "community",	  "company",	   "computer",	 "consulting",
	"cool",	     "coop",	   "credit",	  "data",	   "date",	 "day",
	"deal",	     "deals",	   "delivery",	  "design",	   "dev",	 "diet",
	"digital",   "direct",	   "directory",	  "dog",	   "domains",	 "download",
	"earth",     "eco",	   "edu",	  "education",	   "email",	 "energy",
	"engineer",  "events",	   "exchange",	  "expert",	   "express",	 "family",
	"fans",	     "farm",	   "fashion",	  "finance",	   "fit",	 "flights",
	"fm",	     "foo",	   "food",	  "forum",	   "foundation", "fun",
	"fund",	     "fyi",	   "gallery",	  "game",	   "games",	 "garden",
	"gift",	     "global",	   "gmbh",	  "gold",	   "google",	 "gov",
	"graphics",  "green",	   "group",	  "guide",	   "guru",	 "health",
	"help",	     "hiv",	   "homes",	  "host",	   "hosting",	 "hot",
	"hotel",     "house",	   "how",	  "icu",	   "info",	 "ink",
	"institute", "insure",	   "int",	  "international", "jobs",	 "kim",
	"kitchen",   "land",	   "law",	  "legal",	   "life",	 "link",
	"live",	     "loan",	   "loans",	  "lol",	   "london",	 "love",
	"ltd",	     "mail",	   "map",	  "market",	   "marketing",	 "media",
	"meet",	     "men",	   "mil",	  "mobi",	   "moe",	 "mom",
	"money",     "monster",	   "museum",	  "music",	   "name",	 "net",
	"network",   "new",	   "news",	  "ngo",	   "ninja",	 "now",
	"nyc",	     "one",	   "ong",	  "online",	   "ooo",	 "org",
	"organic",   "page",	   "paris",	  "partners",	   "party",	 "pay",
	"pet",	     "phone",	   "photo",	  "photos",	   "pics",	 "pictures",
	"pink",	     "pizza",	   "place",	  "play",	   "plus",	 "post",
	"press",     "pro",	   "productions", "prod",	   "properties", "pub",
	"quest",     "racing",	   "radio",	  "red",	   "rent",	 "repair",
	"report",    "rest",	   "restaurant",  "review",	   "rip",	 "rocks",
	"run",	     "safe",	   "sale",	  "sbs",	   "school",	 "science",
	"search",    "secure",	   "security",	  "select",	   "services",	 "sex",
	"shop",	     "shopping",   "show",	  "site",	   "ski",	 "skin",
	"soccer",    "social",	   "software",	  "solar",	   "solutions",	 "space",
	"sport",     "spot",	   "store",	  "storage",	   "stream",	 "studio",
	"study",     "style",	   "support",	  "surf",	   "systems",	 "tax",
	"taxi",	     "team",	   "tech",	  "technology",	   "tel",	 "tips",
	"tires",     "today",	   "tokyo",	  "tools",	   "top",	 "tours",
	"town",	     "toys",	   "trade",	  "trading",	   "training",	 "travel",
	"tube",	     "university", "vegas",	  "ventures",	   "video",	 "vin",
	"vip",	     "vision",	   "vote",	  "watch",	   "web",	 "website",
	"wiki",	     "win",	   "wine",	  "work",	   "works",	 "world",
	"wtf",	     "xxx",	   "xyz",	  "yoga",	   "you",	 "zip",
	"zone",
};

bool is_top_level_domain(const char *label)
{
	size_t size = strlen(label);
	if (size == 2)
		return label[0] >= 'a' && label[0] <= 'z' && label[1] >= 'a' && label[1] <= 'z';
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		if (strcmp(domains[i], label) == 0)
			return true;
	return false;
}
