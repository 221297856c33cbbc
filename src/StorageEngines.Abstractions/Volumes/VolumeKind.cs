namespace StorageEngines;

/// <summary>The two kinds of volume.</summary>
public enum VolumeKind
{
    /// <summary>An address space: zvol, RBD image, LUN, image file, block device.</summary>
    Block,

    /// <summary>A file system or directory: dataset, subvolume, directory.</summary>
    Tree,
}
