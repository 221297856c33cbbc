using StorageEngines;
using StorageEngines.Specification;

namespace Acme.Tests;

public sealed class AcmeFixture : EngineFixture
{
    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block];

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken)
    {
        var nothing = new Dictionary<string, string>();
        return new(new AcmeFactory().Create(new EngineContext(null!, null!, null!, TimeProvider.System, nothing)));
    }

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
        => await ResolveAsync(Format(Path.Combine(ScratchDirectory(), NextName()), capacityBytes));

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string renamed = Path.Combine(ScratchDirectory(), NextName());
        Directory.Move(volume.Info.Location.ToString(), renamed);
        return await ResolveAsync(renamed);
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string directory = volume.Info.Location.ToString();
        Directory.Delete(directory, recursive: true);
        return await ResolveAsync(Format(directory, volume.Info.CapacityBytes!.Value));
    }

    private static string Format(string directory, long capacityBytes)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "volume.id"), Guid.NewGuid().ToString());
        using FileStream image = File.Create(Path.Combine(directory, "disk.img"));
        image.SetLength(capacityBytes);
        return directory;
    }

    private async Task<TestVolume> ResolveAsync(string directory)
    {
        VolumeInfo volume = await Engine.ResolveVolumeAsync(BytePath.FromString(directory));
        return new TestVolume(volume, new ImageFileVolumeWriter(BytePath.FromString(Path.Combine(directory, "disk.img"))));
    }
}

public sealed class AcmeCompliance : ComplianceTestBase<AcmeFixture>;
