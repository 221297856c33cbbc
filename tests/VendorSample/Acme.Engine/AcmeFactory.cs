using StorageEngines;

[assembly: StorageEnginePlugin("1.0", typeof(Acme.AcmeFactory))]

namespace Acme;

public sealed class AcmeFactory : IStorageEngineFactory
{
    public string Scheme => "acme";

    public IStorageEngine Create(EngineContext context) => new AcmeEngine(context.Time);
}
