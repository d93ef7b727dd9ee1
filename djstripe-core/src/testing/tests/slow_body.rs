//! A delivery whose body does not end.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::app::Djstripe;
use crate::http::router;
use crate::testing::TestDatabase;

#[tokio::test]
async fn a_body_that_does_not_end_in_time_is_answered() {
    let database = TestDatabase::sqlite().unwrap();
    let builder = Djstripe::builder().database_url(database.url());
    let app = builder.webhook_secret("whsec_1").receivers([]);
    let router = router(app.build().await.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());

    // The clock goes on by itself while everybody waits.
    tokio::time::pause();
    let mut client = TcpStream::connect(address).await.unwrap();
    let half = "POST /stripe/webhook HTTP/1.1\r\nhost: shop\r\ncontent-length: 10\r\n\r\n{\"id\"";
    client.write_all(half.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}
