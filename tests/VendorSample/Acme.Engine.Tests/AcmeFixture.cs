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
    {
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(ScratchDirectory(), NextName())).FullName, "disk.img");
        await using (FileStream image = File.Create(file))
        {
            image.SetLength(capacityBytes);
        }

        BytePath path = BytePath.FromString(file);
        return new TestVolume(await Engine.ResolveVolumeAsync(path, cancellationToken), new ImageFileVolumeWriter(path));
    }
}

public sealed class AcmeCompliance : ComplianceTestBase<AcmeFixture>;
