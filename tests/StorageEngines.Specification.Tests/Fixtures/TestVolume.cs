namespace StorageEngines.Specification;

/// <summary>A volume made for one law, and the way to change it past the engine.</summary>
/// <remarks>Made by <see cref="EngineFixture.CreateVolumeAsync"/>; cleaned up with the fixture.</remarks>
public sealed class TestVolume
{
    /// <summary>Makes the description of a block volume.</summary>
    /// <param name="info">The volume as the engine resolved it.</param>
    /// <param name="writer">The way to change it.</param>
    public TestVolume(VolumeInfo info, IBlockVolumeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(writer);
        Info = info;
        BlockWriter = writer;
    }

    /// <summary>Makes the description of a tree volume.</summary>
    /// <param name="info">The volume as the engine resolved it.</param>
    /// <param name="writer">The way to change it.</param>
    public TestVolume(VolumeInfo info, ITreeVolumeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(writer);
        Info = info;
        TreeWriter = writer;
    }

    /// <summary>The volume as the engine resolved it.</summary>
    public VolumeInfo Info { get; }

    /// <summary>Its id.</summary>
    public VolumeRef Ref => Info.Ref;

    /// <summary>The way to change a block volume; null for a tree.</summary>
    public IBlockVolumeWriter? BlockWriter { get; }

    /// <summary>The way to change a tree volume; null for a block volume.</summary>
    public ITreeVolumeWriter? TreeWriter { get; }

    /// <summary>The writer of a block volume.</summary>
    /// <exception cref="InvalidOperationException">It is a tree.</exception>
    public IBlockVolumeWriter Block => BlockWriter ?? throw new InvalidOperationException($"{Info.Ref} is a tree volume; it has no block writer.");

    /// <summary>The writer of a tree volume.</summary>
    /// <exception cref="InvalidOperationException">It is a block volume.</exception>
    public ITreeVolumeWriter Tree => TreeWriter ?? throw new InvalidOperationException($"{Info.Ref} is a block volume; it has no tree writer.");
}
