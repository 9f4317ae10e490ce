"""Names that Albumentations has and this library may not: what is nearest, and what takes their place."""

from __future__ import annotations

from collections.abc import Collection

from jaxaug.core.suggestions import nearest

#: Names of Albumentations by the transform here that is nearest to them.
_NEAREST = {
    "CutMix": "CopyAndPaste Mosaic",
    "BBoxSafeRandomCrop": "BBoxSubsetSafeRandomCrop",
    "Flip3D": "Affine3D Anisotropy3D CenterCrop3D CoarseDropout3D CubicSymmetry ElasticTransform3D "
    "GridShuffle3D Pad3D PadIfNeeded3D RandomCrop3D RandomResizedCrop3D RandomRotate90_3D Resize3D",
}
#: What takes the place of names that have no meaning here.
_INSTEAD = {
    "UniformTemporalSubsample": "choose frames before the call, images[::step]",
}


def about(name: str, known: Collection[str]) -> str:
    """What to say of a name that is unknown here: where it comes from, and what is nearest.

    Args:
        name: the unknown name.
        known: the names there are.

    Example:
        >>> about("Affine3D", ["Flip3D"])
        " Albumentations has it, and it is not here yet; nearest is 'Flip3D'."
    """
    if name in _INSTEAD:
        return f" Of Albumentations; here {_INSTEAD[name]}."
    found = next((here for here, there in _NEAREST.items() if name in there.split()), None)
    if found is None:
        return nearest(name, known)
    return f" Albumentations has it, and it is not here yet; nearest is {found!r}."
