"""The searching services of one store."""

from dataclasses import dataclass

from arangovis.services.searching.content import Contents
from arangovis.services.searching.failures import Failures
from arangovis.services.searching.saved import SavedSearches
from arangovis.services.searching.saved_views import SavedViews
from arangovis.services.searching.searches import Searches
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class SearchServices:
    """What answers searches, saved ones, saved views, and the questions that are searches at heart."""

    searches: Searches
    saved: SavedSearches
    views: SavedViews
    contents: Contents
    failures: Failures


def search_services(store: GraphStore) -> SearchServices:
    """Put the services over a store."""
    searches = Searches(store)
    saved = SavedSearches(store, searches)
    return SearchServices(searches, saved, SavedViews(store), Contents(store), Failures(store))
