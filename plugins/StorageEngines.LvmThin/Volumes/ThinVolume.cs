using System.Text;

namespace StorageEngines.LvmThin.Volumes;

/// <summary>A thin volume that is no snapshot.</summary>
/// <param name="Lv">What LVM says of it.</param>
/// <param name="Id">Its id: LVM's, or the one that it had before it was rolled back.</param>
/// <param name="Pool">Its pool; null if it was not reported.</param>
/// <param name="HasExternalOrigin">Whether what it does not map is read from a volume outside the pool.</param>
internal sealed record ThinVolume(LogicalVolume Lv, string Id, LogicalVolume? Pool, bool HasExternalOrigin)
{
    /// <summary>Its name, also while a roll back has put it aside.</summary>
    internal string Name => Inventory.IsAside(Lv.Name, out string? name) ? name : Lv.Name;

    /// <summary>Id and label.</summary>
    internal VolumeRef Ref => new(LvmThinEngineFactory.SchemeName, Id, $"{Lv.Group}/{Name}");

    /// <summary>What is known of it.</summary>
    internal VolumeInfo Info => new(Ref, VolumeKind.Block, new BytePath(Encoding.ASCII.GetBytes($"/dev/{Lv.Group}/{Name}")), Lv.SizeBytes);
}
