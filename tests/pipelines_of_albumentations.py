"""Pipelines in the manner of public code, for Albumentations 1.x and 2.x, by task."""

from __future__ import annotations

#: The source of each, by what it is for.
PIPELINES: dict[str, str] = {
    # 2.x
    "classification": """A.Compose([
        A.RandomResizedCrop(size=(32, 32), scale=(0.6, 1.0)), A.HorizontalFlip(p=0.5),
        A.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05, p=0.8),
        A.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)), ToTensorV2()])""",
    "fine grained": """A.Compose([
        A.SmallestMaxSize(max_size=40), A.RandomCrop(height=32, width=32), A.HorizontalFlip(),
        A.OneOf([A.MotionBlur(blur_limit=5), A.MedianBlur(blur_limit=5), A.GaussianBlur(blur_limit=(3, 5))], p=0.2),
        A.CoarseDropout(num_holes_range=(1, 4), hole_height_range=(4, 8), hole_width_range=(4, 8), fill=0,
        p=0.5)])""",
    "segmentation": """A.Compose([
        A.Resize(32, 32), A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.RandomRotate90(p=0.5),
        A.ElasticTransform(alpha=20, sigma=4, p=0.3), A.GridDistortion(num_steps=5, distort_limit=0.2, p=0.3),
        A.Normalize(mean=0.5, std=0.5), ToTensorV2(transpose_mask=True)])""",
    "detection coco": """A.Compose([
        A.LongestMaxSize(max_size=32), A.PadIfNeeded(min_height=32, min_width=32, border_mode=cv2.BORDER_CONSTANT,
        fill=114), A.HorizontalFlip(p=0.5), A.HueSaturationValue(p=0.3)],
        bbox_params=A.BboxParams(format="coco", label_fields=["labels"], min_visibility=0.1, min_area=1))""",
    "detection voc": """A.Compose([A.RandomSizedBBoxSafeCrop(32, 32, erosion_rate=0.2),
        A.RandomBrightnessContrast(0.3, 0.3)],
        bbox_params=A.BboxParams("pascal_voc", ["labels"]))""",
    "detection yolo": """A.Compose([A.Affine(scale=(0.8, 1.2), translate_percent=0.1, rotate=(-10, 10),
        shear=(-4, 4), p=0.7),
        A.CLAHE(clip_limit=2.0, tile_grid_size=(4, 4), p=0.2)], bbox_params=dict(format="yolo",
        label_fields=["labels"],
        clip=True, min_width=2, min_height=2, filter_invalid_bboxes=True))""",
    "boxes with the class as fifth column": """A.Compose([A.HorizontalFlip(p=1)],
        bbox_params=A.BboxParams(format="albumentations", check_each_transform=False))""",
    "pose": """A.Compose([A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.2, rotate_limit=30, p=1),
        A.HorizontalFlip()],
        keypoint_params=A.KeypointParams(format="xy", remove_invisible=False, label_fields=None))""",
    "landmarks with angles": """A.Compose([A.Rotate(limit=(-20, 20), p=1, border_mode=cv2.BORDER_REPLICATE)],
        keypoint_params=A.KeypointParams(format="xyas", angle_in_degrees=False))""",
    "change detection": """A.Compose([A.D4(p=1), A.RandomCrop(24, 24)], additional_targets={"image2":
        "image", "mask": "mask"})"""
    "",
    "depth and labels": """A.Compose([A.HorizontalFlip(), A.RandomScale(scale_limit=0.2, p=1), A.Resize(32, 32)],
        additional_targets={"depth": "mask", "edges": "mask"})""",
    "satellite": """A.Compose([A.RandomRotate90(), A.Transpose(), A.GaussNoise(std_range=(0.01, 0.05), p=0.3),
        A.ChannelDropout(channel_drop_range=(1, 2), fill=0, p=0.3), A.ToFloat(max_value=255)])""",
    "volumes": """A.Compose([A.HorizontalFlip(p=0.5), A.Normalize(mean=[0.2] * 20, std=[0.1] * 20,
        max_pixel_value=1.0)])""",
    "document": """A.Compose([A.Perspective(scale=(0.02, 0.05), fit_output=False, p=0.5), A.ToGray(p=0.3),
        A.ImageCompression(quality_range=(60, 95), p=0.5), A.Downscale(scale_range=(0.5, 0.75), p=0.2),
        A.Sharpen(alpha=(0.2, 0.5), lightness=(0.5, 1.0), p=0.2)])""",
    "night": """A.Compose([A.RandomGamma(gamma_limit=(60, 120), p=0.5), A.ISONoise(color_shift=(0.01, 0.05),
        intensity=(0.1, 0.5)),
        A.RandomToneCurve(scale=0.1), A.Posterize(num_bits=4, p=0.1), A.Equalize(p=0.1)])""",
    "normalised first": """A.Compose([A.Normalize(), A.ShiftScaleRotate(p=1), A.CoarseDropout(p=0.5),
        ToTensorV2()])"""
    "",
    "colour behind normalize": "A.Compose([A.Normalize(), A.RandomBrightnessContrast(p=1)])",
    "some of": """A.Compose([A.SomeOf([A.HorizontalFlip(p=1), A.VerticalFlip(p=1), A.Blur(3, p=1)], n=2),
        A.RandomOrder([A.InvertImg(p=0.5), A.Solarize(p=0.5)], n=2)])""",
    "nested": """A.Compose([A.OneOf([A.Sequential([A.HorizontalFlip(p=1), A.Blur(p=1)], p=0.5),
        A.Compose([A.VerticalFlip()]),
        A.OneOf([A.RGBShift(), A.ChannelShuffle()], p=0.2)], p=0.9), A.NoOp()])""",
    "one or other": "A.Compose([A.OneOrOther(A.HorizontalFlip(p=1), A.VerticalFlip(p=1), p=0.5)])",
    "strict": """A.Compose([A.CenterCrop(24, 24, pad_if_needed=True)], strict=True, is_check_shapes=False,
        p=0.9, seed=137,
        bbox_params=A.BboxParams(format="pascal_voc", label_fields=["labels"]))""",
    "spectrograms": """A.Compose([A.TimeMasking(8, p=0.5), A.FrequencyMasking(freq_mask_param=8),
        A.XYMasking(1, 1, 4, 4)])""",
    "microscopy": """A.Compose([A.GridDropout(ratio=0.3, unit_size_range=(4, 8), p=0.5),
        A.UnsharpMask(blur_limit=(3, 5)),
        A.Emboss(), A.Defocus(radius=(2, 3)), A.ShotNoise(), A.SaltAndPepper(p=0.1)])""",
    "crops": """A.Compose([A.CropNonEmptyMaskIfExists(24, 24, ignore_values=[0]), A.RandomCropFromBorders(0.1,
        0.1, 0.1, 0.1),
        A.Resize(24, 24, interpolation=cv2.INTER_CUBIC)])""",
    "grid": """A.Compose([A.RandomGridShuffle(grid=(2, 2), p=1), A.OpticalDistortion(0.2, p=1),
        A.ThinPlateSpline(p=0.2)])""",
    "erasing": """A.Compose([A.Erasing(scale=(0.02, 0.2), p=0.3), A.PixelDropout(0.05),
        A.MultiplicativeNoise((0.9, 1.1))])""",
    "float inputs": """A.Compose([A.RandomBrightnessContrast(p=1), A.GaussNoise(std_range=(0.01, 0.02)),
        A.Normalize(mean=(0.5,), std=(0.5,), max_pixel_value=1.0)])""",
    "a function": """
import albumentations as A
from albumentations.pytorch import ToTensorV2

SIZE = 8 * 4
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

def get_train_transforms(size=SIZE, strong=True):
    steps = [A.Resize(size, size), A.HorizontalFlip(p=0.5)]
    if strong:
        steps.append(A.ShiftScaleRotate(rotate_limit=15))
        steps += [A.RandomBrightnessContrast(p=0.2)]
    steps.extend([A.Normalize(MEAN, STD), ToTensorV2()])
    return A.Compose(steps)
""",
    "mmdetection": """
train_pipeline = [
    dict(type='ShiftScaleRotate', shift_limit=0.0625, scale_limit=0.0, rotate_limit=0, interpolation=1, p=0.5),
    dict(type='RandomBrightnessContrast', brightness_limit=[0.1, 0.3], contrast_limit=[0.1, 0.3], p=0.2),
    dict(type='OneOf', transforms=[
        dict(type='RGBShift', r_shift_limit=10, g_shift_limit=10, b_shift_limit=10, p=1.0),
        dict(type='HueSaturationValue', hue_shift_limit=20, sat_shift_limit=30, val_shift_limit=20, p=1.0)], p=0.1),
    dict(type='JpegCompression', quality_lower=85, quality_upper=95, p=0.2),
    dict(type='ChannelShuffle', p=0.1),
]
""",
    # the successor
    "successor": """A.Compose([A.Rotate(angle_range=(-30, 30), p=1), A.GaussianBlur(blur_range=(3, 5),
        sigma_range=(0.5, 1.0)),
        A.RandomBrightnessContrast(brightness_range=(-0.1, 0.1), contrast_range=(-0.1, 0.1)),
        A.ColorJitter(brightness_range=(0.9, 1.1), hue_range=(-0.1, 0.1)), A.CLAHE(clip_range=(1, 3))],
        bbox_params=A.BboxParams(coord_format="coco", bbox_type="hbb"))""",
    "successor warps": """A.Compose([A.ShiftScaleRotate(shift_range=(-0.1, 0.1), scale_range=(-0.1, 0.1),
        rotate_range=(-9, 9)),
        A.GridDistortion(distort_range=(-0.2, 0.2)), A.Defocus(radius_range=(2, 3), alias_blur_range=(0.1, 0.2))])""",
    # 1.x
    "flip and transpose": "A.Compose([A.Flip(), A.Transpose(), A.RandomRotate90()])",
    "cutout": "A.Compose([A.Cutout(num_holes=4, max_h_size=6, max_w_size=6, fill_value=128, p=0.5)])",
    "kaggle classification": """A.Compose([
        A.RandomResizedCrop(32, 32), A.Transpose(p=0.5), A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5),
        A.ShiftScaleRotate(p=0.5), A.HueSaturationValue(hue_shift_limit=0.2, sat_shift_limit=0.2,
        val_shift_limit=0.2),
        A.RandomBrightnessContrast(brightness_limit=(-0.1, 0.1), contrast_limit=(-0.1, 0.1), p=0.5),
        A.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], max_pixel_value=255.0, p=1.0),
        A.CoarseDropout(p=0.5), A.Cutout(p=0.5), ToTensorV2(p=1.0)], p=1.)""",
    "strong": """A.Compose([A.RandomRotate90(), A.Flip(), A.Transpose(),
        A.OneOf([A.IAAAdditiveGaussianNoise(), A.GaussNoise()], p=0.2),
        A.OneOf([A.MotionBlur(p=.2), A.MedianBlur(blur_limit=3, p=.1), A.Blur(blur_limit=3, p=.1)], p=0.2),
        A.ShiftScaleRotate(shift_limit=0.0625, scale_limit=0.2, rotate_limit=45, p=.2),
        A.OneOf([A.OpticalDistortion(p=0.3), A.GridDistortion(p=.1), A.IAAPiecewiseAffine(p=0.3)], p=0.2),
        A.OneOf([A.CLAHE(clip_limit=2), A.IAASharpen(), A.IAAEmboss(), A.RandomContrast(),
        A.RandomBrightness()], p=0.3),
        A.HueSaturationValue(p=0.3)], p=0.9)""",
    "noise": """A.Compose([A.GaussNoise(var_limit=(10.0, 50.0), mean=0, p=0.5), A.GaussNoise(100),
        A.MultiplicativeNoise(multiplier=[0.5, 1.5], per_channel=True, elementwise=True)])""",
    "compression": """A.Compose([A.ImageCompression(quality_lower=60, quality_upper=90, p=0.5),
        A.JpegCompression(70, 90),
        A.Downscale(scale_min=0.25, scale_max=0.5, interpolation=cv2.INTER_AREA, always_apply=False)])""",
    "segmentation 1": """A.Compose([
        A.PadIfNeeded(min_height=48, min_width=48, always_apply=True, border_mode=0, value=0, mask_value=255),
        A.RandomCrop(height=32, width=32, always_apply=True), A.IAAPerspective(p=0.5),
        A.ElasticTransform(alpha=120, sigma=120 * 0.05, alpha_affine=0, p=0.2),
        A.GridDistortion(border_mode=cv2.BORDER_CONSTANT, value=0, mask_value=0),
        A.OpticalDistortion(distort_limit=0.5, shift_limit=0.5)], additional_targets={"mask1": "mask"})""",
    "elastic": "A.Compose([A.ElasticTransform(120, 120 * 0.05, 120 * 0.03, p=0.5)])",
    "rotate": """A.Compose([A.Rotate(45, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, 0, 255, p=1), A.SafeRotate(10,
        value=0)])""",
    "shift by position": """A.Compose([A.ShiftScaleRotate(0.1, 0.1, 15, cv2.INTER_CUBIC, cv2.BORDER_CONSTANT,
        0, 255)])""",
    "coarse dropout": """A.Compose([A.CoarseDropout(max_holes=8, max_height=6, max_width=6, min_holes=2, min_height=2,
        min_width=2, fill_value=0, mask_fill_value=0, p=0.5), A.CoarseDropout(4, 5, 5)])""",
    "grid dropout": """A.Compose([A.GridDropout(ratio=0.4, unit_size_min=4, unit_size_max=8,
        random_offset=True, fill_value=0),
        A.GridDropout(holes_number_x=3, holes_number_y=3, shift_x=1, shift_y=1), A.MaskDropout(max_objects=2,
        image_fill_value=0, mask_fill_value=0)])""",
    "affine 1": """A.Compose([A.Affine(scale=(0.9, 1.1), rotate=(-5, 5), mode=cv2.BORDER_REFLECT, cval=0,
        cval_mask=0),
        A.CropAndPad(percent=(-0.1, 0.1), pad_mode=cv2.BORDER_REPLICATE, pad_cval=0), A.Perspective(pad_mode=0,
        pad_val=3),
        A.IAAAffine(rotate=5, order=1), A.IAACropAndPad(px=2), A.IAAFliplr(), A.IAAFlipud()])""",
    "detection 1": """A.Compose([A.RandomSizedCrop(min_max_height=(24, 32), height=32, width=32, p=0.5),
        A.OneOf([A.HueSaturationValue(always_apply=True), A.RandomGamma(eps=1e-7, p=0.9)], p=0.9), A.Resize(32,
        32, p=1),
        A.Cutout(8, 4, 4, 0, p=0.5), ToTensorV2(p=1.0)], p=1.0,
        bbox_params=A.BboxParams(format='pascal_voc', min_area=0, min_visibility=0, label_fields=['labels']))""",
    "solarize": """A.Compose([A.Solarize(threshold=128, p=1), A.ChannelDropout((1, 1), 0), A.RandomShadow((0,
        0, 1, 1), 1, 2)])""",
    "all the flags": """A.Compose([A.HorizontalFlip(False, 0.3), A.RandomBrightnessContrast(0.1, 0.1, True,
        True, 0.2), A.Flip()])""",
    "to tensor": """A.Compose([A.Resize(32, 32), ToTensor(normalize={'mean': (0.5, 0.5, 0.5), 'std': (0.5, 0.5,
        0.5)})])""",
    "glass and lens": """A.Compose([A.GlassBlur(sigma=0.5, max_delta=2, iterations=1, always_apply=True),
        A.FancyPCA(alpha=0.1), A.ToSepia(), A.AdvancedBlur(), A.ZoomBlur(), A.RingingOvershoot()])""",
    "keypoints 1": """A.Compose([A.Rotate(limit=30, border_mode=0, value=0), A.RandomScale(0.1),
        A.LongestMaxSize(32)],
        keypoint_params={'format': 'xya', 'label_fields': ['names'], 'remove_invisible': True})""",
    "without compose": "[A.HorizontalFlip(p=0.5), A.Blur(blur_limit=3)]",
    "replay": "A.ReplayCompose([A.HorizontalFlip(p=0.5), A.RandomCrop(16, 16)])",
}
