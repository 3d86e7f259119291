"""Expanding and shrinking spheres against eq. 2.2 as the text means it."""

import pytest
import torch

from trainables.shapes.sphere import Sphere, training_spheres, unseen_spheres


def test_the_centre_moves_along_y_and_the_radius_grows_linearly():
    sphere = Sphere(z1=1.0, z2=-0.5)
    x = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.75], [2.0, 1.0, 0.0]])
    torch.testing.assert_close(sphere.sdf(x, 0.5), torch.tensor([-0.75, 0.0, 1.25]))


def test_the_training_codes_span_the_hull_and_the_grid_reaches_beyond():
    assert {(s.z1, s.z2) for s in training_spheres()} == {(1, 0.5), (1, -0.5), (-1, 0.5), (-1, -0.5)}
    unseen = unseen_spheres()
    assert len({s.label for s in unseen}) == 25
    hulls = [s.descriptors()["hull"] for s in unseen]
    assert (hulls.count("inside"), hulls.count("outside")) == (9, 16)
    assert not {s.label for s in unseen} & {s.label for s in training_spheres()}


def test_a_sphere_that_leaves_the_domain_is_refused():
    with pytest.raises(ValueError, match="leaves the domain"):
        Sphere(z1=1.8, z2=0.6)
