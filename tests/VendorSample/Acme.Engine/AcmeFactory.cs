using System.Text;
using StorageEngines;

[assembly: StorageEnginePlugin("1.0", typeof(Acme.AcmeFactory))]

namespace Acme;

public sealed class AcmeFactory : IStorageEngineFactory
{
    public string Scheme => "acme";

    public IStorageEngine Create(EngineContext context) => new AcmeEngine(context.Time);

    public ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
        => new(ImageStore.IsVolume(Encoding.UTF8.GetString(path.Span)) ? VolumeClaim.Native : VolumeClaim.None);
}
