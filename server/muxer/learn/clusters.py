"""k-means: groups of prompts that lie close together, be it in their structure or in their terms."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

Points = NDArray[np.float32] | sparse.csr_matrix

STEPS = 8
"""Steps of Lloyd's algorithm from random prompts. More of them move few prompts from one cluster to another."""

MIN_JUDGED = 5
"""A model is at home in a cluster of which it was judged on so many prompts, or on its share when that is less."""

FARTHEST = 100.0
"""The distance to a home where there is none."""

SEED = 20_261_123


class Homes(Struct, frozen=True):
    """The clusters that models are at home in. Models with the same homes are one crowd."""

    members: NDArray[np.bool_]  # by crowd and cluster
    crowd: NDArray[np.int32]  # by model

    def nearest(self, distances: NDArray[np.float32]) -> NDArray[np.float32]:
        """The distance of one prompt to each model's nearest home, from its distances to all clusters."""
        return np.asarray(np.where(self.members, distances, np.float32(FARTHEST)).min(axis=1)[self.crowd])

    def nearest_all(self, distances: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same of many prompts, by prompt and model."""
        by_crowd = [distances[:, homes].min(axis=1, initial=FARTHEST) for homes in self.members]
        return np.stack(by_crowd, axis=1)[:, self.crowd]


def find_clusters(points: Points, count: int, *, unit: bool) -> NDArray[np.float32]:
    """The centres of so many clusters, one a row; of length 1 if the points are (`unit`). Empty clusters stay where
    they began."""
    random = np.random.default_rng(SEED)
    centres = _dense(points[np.sort(random.choice(points.shape[0], count, replace=False))])
    for _ in range(STEPS):
        nearest = assign(points, centres)
        size = np.bincount(nearest, minlength=count)
        member = sparse.csr_matrix(
            (np.ones(len(nearest), np.float32), (nearest, np.arange(len(nearest)))), shape=(count, len(nearest))
        )
        means = _dense(member @ points) / np.maximum(size, 1)[:, None].astype(np.float32)
        if unit:
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-9))
        centres = np.where(size[:, None] > 0, means, centres)
    return centres


def assign(points: Points, centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The nearest centre of each point."""
    return np.asarray((points @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1))


def find_homes(cluster: NDArray[np.int64], count: int, asked: NDArray[np.bool_]) -> Homes:
    """Who is at home where, from each prompt's cluster, the number of clusters, and who was asked what."""
    size = np.bincount(cluster, minlength=count)
    judged = np.stack([np.bincount(cluster, column, count) for column in asked.T])
    share = asked.mean(axis=0)[:, None] * size
    members, crowd = np.unique((judged > 0) & (judged >= np.minimum(MIN_JUDGED, share)), axis=0, return_inverse=True)
    return Homes(members, crowd.reshape(-1).astype(np.int32))


def _dense(points: Points) -> NDArray[np.float32]:
    return np.asarray(points.toarray() if sparse.issparse(points) else points, np.float32)
